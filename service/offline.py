"""A training without a service: ``numeral train`` in this process, resumable from the folder it keeps.

    HOME/trainings/<token>/training.json            what was asked
    HOME/trainings/<token>/checkpoint.safetensors   where it stood, replaced whole or not at all

The folder is removed when the version is published.
"""

import json
import os
import shutil
import uuid
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.checkpoint import restore, save_checkpoint
from model.config import TrainingConfig
from model.errors import CheckpointInvalid, ConfigInvalid
from model.network import Network
from model.promotion import HeldOut, promote
from model.publication import Origin, publish
from model.registry import Registry
from model.shipped import seed
from model.training import Progress, Trainer, train
from service.settings import Settings
from service.training_data import TrainingData, prepare

SLICE_SECONDS = 0.25
"""Between two reports."""

CHECKPOINT = "checkpoint.safetensors"
ASKED = "training.json"


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


class OfflineTraining:
    """One training and the folder it is resumable from.

    Attributes:
        config: what was asked, with ``start_from`` resolved to a version.
        token: names the training, and keeps it from being published twice.
    """

    def __init__(self, settings: Settings, config: TrainingConfig, recipe: str | None, token: str) -> None:
        self.config, self.recipe, self.token = config, recipe, token
        self.registry = Registry.open(settings.store)
        self._settings = settings
        self._folder = settings.home / "trainings" / token
        self._data: TrainingData = self._prepared()
        self._trainer = self._restored() or Trainer(config, self._data.split, self._start())

    @classmethod
    def begin(cls, settings: Settings, config: TrainingConfig, recipe: str | None) -> "OfflineTraining":
        """Begin a training.

        Raises:
            ModelError: what is asked for is not possible: see ``Trainer``, ``sources.load`` and ``Registry.resolve``.
        """
        registry = Registry.open(settings.store)
        seed(registry)
        if config.start_from:
            config = replace(config, start_from=registry.resolve(config.start_from))
        training = cls(settings, config, recipe, f"offline-{uuid.uuid4().hex}")
        training._folder.mkdir(parents=True)
        asked = json.dumps({"config": config.to_dict(), "recipe": recipe})
        _write(training._folder / ASKED, asked.encode())
        return training

    @classmethod
    def resume(cls, settings: Settings, config: TrainingConfig | None) -> "OfflineTraining":
        """Go on with an interrupted training of this configuration, or, without one, with the latest.

        Raises:
            ConfigInvalid: there is none.
        """
        folders = (settings.home / "trainings").glob(f"*/{ASKED}")
        for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
            asked = json.loads(path.read_bytes())
            found = TrainingConfig.from_dict(asked["config"])
            if config is None or found == replace(config, start_from=found.start_from):
                return cls(settings, found, asked["recipe"], path.parent.name)
        raise ConfigInvalid(
            "resume", "expected an interrupted training of these settings in this home, got none"
        )

    @property
    def resumed_at(self) -> float:
        """The share of the training that an earlier run has done, 0 to 1."""
        return self._trainer.step / self._trainer.steps

    def run(self) -> Generator[Progress]:
        """Go on; close it at any report to stop, and call ``save`` to be able to resume."""
        return train(self._trainer, SLICE_SECONDS)

    def save(self) -> None:
        """Write a checkpoint in the place of the one before."""
        _write(self._folder / CHECKPOINT, save_checkpoint(self._trainer))

    def finish(self) -> Outcome:
        """Publish, and promote if the configuration and the gate say so."""
        config, data = self.config, self._data
        origin = Origin(config, data.split, config.start_from, data.examples, self.recipe)
        version = publish(self.registry, self._trainer.result(), origin, self.token)
        held_out = HeldOut(data.split.validation, data.held_out, data.given)
        verdict = promote(self.registry, version, config.promote, held_out)
        manifest = self.registry.manifest(version)
        shutil.rmtree(self._folder)
        return Outcome(
            version, manifest["weights"]["digest"], manifest["metrics"], verdict.promoted, verdict.reason
        )

    def _prepared(self) -> TrainingData:
        """Return the data; the database is only opened if there is one that may hold examples."""
        settings = self._settings
        has_database = settings.database_url is not None or (settings.home / "numeral.sqlite").exists()
        if not (self.config.examples and has_database):
            return prepare(self.token, self.config, self.registry.store, None)
        from service.database import open_database
        from service.examples import Examples

        examples = Examples(open_database(settings.database), self.registry.store)
        return prepare(self.token, self.config, self.registry.store, examples)

    def _start(self) -> Network | None:
        version = self.config.start_from
        return self.registry.load(version).network if version else None

    def _restored(self) -> Trainer | None:
        path = self._folder / CHECKPOINT
        if not path.exists():
            return None
        try:
            return restore(self.config, self._data.split, path.read_bytes(), self._start())
        except CheckpointInvalid as error:
            raise ConfigInvalid("resume", f"{error}; remove {self._folder.name} to begin anew") from error


def _write(path: Path, data: bytes) -> None:
    """Replace a file whole or not at all, also when the machine loses power."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
