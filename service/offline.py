"""A training without a service: ``numeral train`` in this process, resumable from the folder it keeps.

    HOME/trainings/<token>/training.json            what was asked, and the trainings that are to follow
    HOME/trainings/<token>/checkpoint.safetensors   where it stood, replaced whole or not at all
    HOME/trainings/<token>/examples.safetensors     what users had given when it began
    HOME/trainings/<token>/lock                     held by the process that trains

The folder is removed when the version is published and the folder of the training that follows is there.
"""

import fcntl
import json
import logging
import os
import shutil
import uuid
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.checkpoint import restore, save_checkpoint
from model.config import TrainingConfig
from model.errors import CheckpointInvalid, ConfigInvalid, ModelError
from model.gate import HeldOut
from model.network import Network
from model.progress import Progress
from model.promotion import promote
from model.publication import Origin, publish
from model.recipes import stage
from model.registry import Registry, is_version
from model.shipped import seed
from model.store import Store
from model.training import Trainer, train
from service.settings import Settings
from service.training_data import TrainingData, prepare

SLICE_SECONDS = 0.25
"""Between two reports."""

CHECKPOINT = "checkpoint.safetensors"
ASKED = "training.json"
EXAMPLES = "examples.safetensors"
LOCK = "lock"

log = logging.getLogger("numeral.offline")


class TrainingHeld(ModelError):
    """Another process goes on with this training."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished training came to, as the API shows a job's result.

    Attributes:
        version: as published.
        digest: of the weights file.
        metrics: errors are fractions of 1.
        promoted: whether ``production`` moved.
        reason: the gate's, in one sentence.
    """

    version: str
    digest: str
    metrics: dict[str, Any]
    promoted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained, and what after it.

    Attributes:
        config: the training, with ``start_from`` and ``teachers`` resolved to versions.
        recipe: the name of the recipe, if it follows one.
        stage: its place in the recipe, from 1.
        following: the trainings after it, each to go on from the network of the one before, unless it names a stage.
        made: the versions of the stages before it.
    """

    config: TrainingConfig
    recipe: str | None = None
    stage: int = 1
    following: tuple[TrainingConfig, ...] = ()
    made: tuple[str, ...] = ()

    @property
    def stages(self) -> int:
        """How many trainings the recipe has in all."""
        return self.stage + len(self.following)

    def next(self, version: str) -> "Plan":
        """Return the plan of the training that goes on from this version."""
        made, following = (*self.made, version), self.following[0]
        made_at = {stage(number): earlier for number, earlier in enumerate(made, 1)}
        start = following.start_from
        config = replace(
            following,
            start_from=version if start is None else made_at.get(start, start),
            teachers=tuple(made_at.get(teacher, teacher) for teacher in following.teachers),
        )
        return Plan(config, self.recipe, self.stage + 1, self.following[1:], made)

    def to_bytes(self) -> bytes:
        """Return what ``from_bytes`` takes back."""
        following = [config.to_dict() for config in self.following]
        plan = {
            "config": self.config.to_dict(),
            "recipe": self.recipe,
            "stage": self.stage,
            "made": self.made,
        }
        return json.dumps(plan | {"following": following}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Plan":
        """Return the plan that was written."""
        plan = json.loads(data)
        following = tuple(TrainingConfig.from_dict(config) for config in plan.get("following", ()))
        config = TrainingConfig.from_dict(plan["config"])
        made = tuple(plan.get("made", ()))
        return cls(config, plan["recipe"], plan.get("stage", 1), following, made)


class OfflineTraining:
    """One training and the folder it is resumable from.

    Attributes:
        plan: what was asked.
        token: names the training, and keeps it from being published twice.
    """

    def __init__(self, settings: Settings, plan: Plan, token: str) -> None:
        self.plan, self.token = plan, token
        self.registry = Registry.open(settings.store)
        self._settings = settings
        self._folder = settings.home / "trainings" / token
        self._lock = _hold(self._folder)
        self._data: TrainingData = self._prepared()
        self._trainer = self._restored() or Trainer(plan.config, self._data.split, *self._networks())

    @classmethod
    def begin(
        cls, settings: Settings, stages: Sequence[TrainingConfig], recipe: str | None
    ) -> "OfflineTraining":
        """Begin the first of one or more trainings that follow each other.

        Raises:
            ModelError: what is asked for is not possible: see ``Trainer``, ``sources.load`` and ``Registry.resolve``.
        """
        registry = Registry.open(settings.store)
        seed(registry)
        first, *following = stages
        first = replace(
            first,
            start_from=first.start_from and registry.resolve(first.start_from),
            teachers=tuple(registry.resolve(teacher) for teacher in first.teachers),
        )
        plan, token = Plan(first, recipe, 1, tuple(following)), f"offline-{uuid.uuid4().hex}"
        folder = settings.home / "trainings" / token
        folder.mkdir(parents=True)
        try:
            training = cls(settings, plan, token)
            _ask(settings, token, plan)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return training

    @classmethod
    def resume(cls, settings: Settings, stages: Sequence[TrainingConfig] | None) -> "OfflineTraining":
        """Go on with an interrupted training of one of these configurations, or, without one, with the latest.

        One that another process goes on with is passed over.

        Raises:
            ConfigInvalid: there is none.
        """
        folders = (settings.home / "trainings").glob(f"*/{ASKED}")
        for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
            try:
                plan = Plan.from_bytes(path.read_bytes())
            except (ModelError, ValueError, KeyError, TypeError):
                log.warning(
                    "%s is passed over: another release of this program has written it, or it is damaged",
                    path,
                )
                continue
            if stages is None or any(_is_meant(plan.config, asked) for asked in stages):
                try:
                    return cls(settings, plan, path.parent.name)
                except TrainingHeld as error:
                    log.warning("%s", error)
        raise ConfigInvalid(
            "resume", "expected an interrupted training of these settings in this home, got none"
        )

    @property
    def config(self) -> TrainingConfig:
        """What is trained, with ``start_from`` and ``teachers`` resolved to versions."""
        return self.plan.config

    @property
    def resumed_at(self) -> float:
        """The share of the training that an earlier run has done, 0 to 1."""
        return self._trainer.step / self._trainer.steps

    def run(self) -> Generator[Progress]:
        """Go on; close it at any report to stop, and call ``save`` to be able to resume."""
        return train(self._trainer, SLICE_SECONDS, ahead=True)

    def save(self) -> None:
        """Write a checkpoint in the place of the one before."""
        _write(self._folder / CHECKPOINT, save_checkpoint(self._trainer))

    def finish(self) -> Outcome:
        """Publish, promote if the configuration and the gate say so, and leave the next training to be resumed."""
        config, data = self.config, self._data
        plan = self.plan
        origin = Origin(
            config, data.split, config.start_from, data.examples, recipe=plan.recipe, stage=plan.stage
        )
        version = publish(self.registry, self._trainer.result(), origin, self.token)
        held_out = HeldOut(data.split.validation, data.set_aside, data.all_examples)
        verdict = promote(self.registry, version, config.promote, held_out)
        manifest = self.registry.manifest(version)
        if self.plan.following:
            _ask(self._settings, self._next_token, self.plan.next(version))
        shutil.rmtree(self._folder)
        os.close(self._lock)
        return Outcome(
            version, manifest["weights"]["digest"], manifest["metrics"], verdict.promoted, verdict.reason
        )

    def following(self) -> "OfflineTraining | None":
        """Return the training that goes on from this one, which has finished; None after the last."""
        if not self.plan.following:
            return None
        asked = self._settings.home / "trainings" / self._next_token / ASKED
        return OfflineTraining(self._settings, Plan.from_bytes(asked.read_bytes()), self._next_token)

    @property
    def _next_token(self) -> str:
        """The same again after a crash between publishing and going on, so that nothing is begun twice."""
        return "-".join([*self.token.split("-")[:2], str(self.plan.stage + 1)])

    def _prepared(self) -> TrainingData:
        """Return the data; the database is only opened if there is one that may hold examples."""
        settings = self._settings
        has_database = settings.database_url is not None or (settings.home / "numeral.sqlite").exists()
        store = Store.open(self._folder)
        if not (self.config.examples and has_database):
            return prepare(EXAMPLES, self.config, store, None)
        from service.database import open_database
        from service.examples import Examples

        examples = Examples(open_database(settings.database), self.registry.store)
        return prepare(EXAMPLES, self.config, store, examples)

    def _networks(self) -> tuple[Network | None, list[Network]]:
        """Return the network to go on from, if there is one, and those to learn from."""
        version, teachers = self.config.start_from, self.config.teachers
        start = self.registry.load(version).network if version else None
        return start, [self.registry.load(teacher).network for teacher in teachers]

    def _restored(self) -> Trainer | None:
        path = self._folder / CHECKPOINT
        if not path.exists():
            return None
        try:
            return restore(self.config, self._data.split, path.read_bytes(), *self._networks())
        except CheckpointInvalid as error:
            raise ConfigInvalid("resume", f"{error}; remove {self._folder} to begin anew") from error


def _is_meant(config: TrainingConfig, asked: TrainingConfig) -> bool:
    """Whether an interrupted training is one that was asked for; what an alias or a stage was then it may not be now."""
    teachers = asked.teachers or config.teachers
    if len(teachers) != len(config.teachers):
        return False
    names = zip((asked.start_from or "", *teachers), (config.start_from, *config.teachers), strict=True)
    if any(is_version(name) and name != version for name, version in names):
        return False
    return config == replace(asked, start_from=config.start_from, teachers=config.teachers)


def _hold(folder: Path) -> int:
    """Lock a training's folder until the file that is returned is closed, or this process ends.

    Raises:
        TrainingHeld: another process has it.
    """
    file = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise TrainingHeld(f"expected nobody to train {folder.name}, got another process that does") from None
    return file


def _ask(settings: Settings, token: str, plan: Plan) -> None:
    folder = settings.home / "trainings" / token
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / ASKED, plan.to_bytes())


def _write(path: Path, data: bytes) -> None:
    """Replace a file whole or not at all, also when the machine loses power."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
