"""One worker's run of one job: train, save, publish, promote.

``train`` and ``publish`` are the steps that DBOS records. Each may be repeated after a crash: training goes on from the
last checkpoint, publishing is keyed by the job, and promotion looks whether it has happened.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from threading import Event
from time import monotonic
from typing import Any

import sqlalchemy as sa

from model.checkpoint import restore, save_checkpoint
from model.config import TrainingConfig
from model.errors import CheckpointInvalid, ModelError, StoreUnavailable
from model.gate import HeldOut
from model.network import Network
from model.progress import Progress
from model.promotion import promote
from model.publication import Origin
from model.publication import publish as publish_trained
from model.registry import Registry
from model.training import Trainer, train
from service.attempts import Attempt, Superseded
from service.checkpoints import Checkpoints
from service.examples import Examples
from service.patience import T, patiently
from service.training_data import TrainingData, copy_path, prepare

log = logging.getLogger("numeral.execution")

TRAINING, TRAINED, SUCCEEDED, STOPPED, FAILED = "training", "trained", "succeeded", "stopped", "failed"
"""How a step ended."""

SLICE_SECONDS = 0.5
"""Between two looks at whether to go on: a cancelled job stops within this time and what saving takes."""

REPORT_SECONDS = 0.2
"""Between two reports at least; the ends of epochs that are shorter are reported together."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to save, and how long to wait for a store that does not answer.

    Attributes:
        checkpoint_seconds: training between two checkpoints, and so lost at most when a worker dies.
        store_seconds: a store that is full or out of reach for longer fails the job.
    """

    checkpoint_seconds: float = 10.0
    store_seconds: float = 60.0


class Execution:
    """The state of one attempt at a job."""

    def __init__(
        self, attempt: Attempt, registry: Registry, examples: Examples, stopping: Event, patience: Patience
    ) -> None:
        self.attempt, self.parked = attempt, Event()
        self._registry, self._examples, self._stopping, self._patience = (
            registry,
            examples,
            stopping,
            patience,
        )
        self._checkpoints = Checkpoints(registry.store, attempt.job_id, attempt.number)
        self._reported = 0.0
        self._ended: list[dict[str, Any]] = []

    def train(self) -> str:
        """Train until a checkpoint is due or the training has ended, and save one."""
        return self._ending_well(self._train)

    def publish(self) -> str:
        """Publish what was trained, and promote it if the configuration and the gate say so."""
        return self._ending_well(self._publish)

    def _ending_well(self, step: Callable[[], str]) -> str:
        """Turn what goes wrong in a step into the end of the job; only trouble with the database is passed on."""
        try:
            return step()
        except Superseded:
            return STOPPED
        except (sa.exc.DBAPIError, sa.exc.TimeoutError):
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, ModelError) else f"unexpected {type(error).__name__}"
            log.exception("job %s failed", self.attempt.job_id)
            return self._fail(reason)

    def _fail(self, reason: str) -> str:
        try:
            self.attempt.fail(reason)
        except Superseded:
            return STOPPED
        return FAILED

    def _train(self) -> str:
        trainer, due = self._trainer, monotonic() + self._patience.checkpoint_seconds
        try:
            for progress in self._progress:
                pausing = monotonic() >= due or self._stopping.is_set()
                self._report(progress, last=trainer.finished or pausing)
                if pausing:
                    break
        except Superseded:
            self._save()  # a job that was cancelled goes on from here when it is resumed
            raise
        self._save()
        if self._stopping.is_set():
            self._park()
        return TRAINED if trainer.finished else TRAINING

    def _report(self, progress: Progress, *, last: bool) -> None:
        values = asdict(progress)
        ended = values.pop("epoch_ended")
        if last or monotonic() - self._reported >= REPORT_SECONDS:
            self._reported = monotonic()
            earlier, self._ended = self._ended, []
            self.attempt.report(values, milestone=ended, earlier=earlier)
        elif ended:
            self._ended.append(values)

    def _save(self) -> None:
        data = save_checkpoint(self._trainer)
        path, digest = self._stored(lambda: self._checkpoints.write(data))
        self.attempt.saved(path, digest)
        self._checkpoints.keep_only(path)

    def _stored(self, action: Callable[[], T]) -> T:
        """Do something with the store, and wait for it if it is full or out of reach for a while."""
        return patiently(action, (StoreUnavailable,), self._patience.store_seconds, self._pause)

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            self._park()
        self.attempt.report(self.attempt.progress)

    def _park(self) -> None:
        """Stay where we are: the worker is about to exit, and whoever takes the job over repeats this step."""
        self.parked.set()
        Event().wait()

    @cached_property
    def _config(self) -> TrainingConfig:
        return TrainingConfig.from_dict(self.attempt.config)

    @cached_property
    def _data(self) -> TrainingData:
        return self._stored(
            lambda: prepare(
                copy_path(self.attempt.job_id), self._config, self._registry.store, self._examples
            )
        )

    @cached_property
    def _trainer(self) -> Trainer:
        start = self._start()
        if self.attempt.checkpoint is not None:
            path, digest = self.attempt.checkpoint
            data = self._stored(lambda: self._checkpoints.read(path, digest))
            if data is not None:
                try:
                    return self._restored(data, start)
                except CheckpointInvalid as error:
                    log.warning("job %s begins anew: %s", self.attempt.job_id, error)
        return Trainer(self._config, self._data.split, start)

    def _restored(self, checkpoint: bytes, start: Network | None) -> Trainer:
        trainer = restore(self._config, self._data.split, checkpoint, start)
        if len(trainer.revisions) > 1:
            log.warning("job %s goes on with other code than it began with", self.attempt.job_id)
        return trainer

    def _start(self) -> Network | None:
        version = self._config.start_from
        return self._stored(lambda: self._registry.load(version)).network if version else None

    @cached_property
    def _progress(self) -> Iterator[Progress]:
        return train(self._trainer, SLICE_SECONDS)

    def _publish(self) -> str:
        while not self._trainer.finished:  # the checkpoint of its end is gone, so it is trained again
            self._train()
        trained = self._trainer.result()
        self.attempt.begin_publication()
        origin = Origin(self._config, self._data.split, self._config.start_from, self._data.examples)
        token = f"job-{self.attempt.job_id}"
        version = self._stored(lambda: publish_trained(self._registry, trained, origin, token))
        manifest = self._stored(lambda: self._registry.manifest(version))
        held_out = HeldOut(self._data.split.validation, self._data.set_aside, self._data.all_examples)
        verdict = self._stored(lambda: promote(self._registry, version, self._config.promote, held_out))
        self.attempt.succeed(
            {
                "version": version,
                "digest": manifest["weights"]["digest"],
                "validation_error": trained.evaluation.error,
                "gate": {"promoted": verdict.promoted, "reason": verdict.reason},
            }
        )
        tidy(self._registry, self.attempt.job_id, self._checkpoints)
        return SUCCEEDED


def tidy(registry: Registry, job_id: str, checkpoints: Checkpoints) -> None:
    """Delete what a job that succeeded no longer needs."""
    checkpoints.keep_only(None)
    with suppress(StoreUnavailable):
        registry.store.delete(copy_path(job_id))
