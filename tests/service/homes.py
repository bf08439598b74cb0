"""A home folder with jobs, and real workers to run them."""

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model.artifact import digest_of, encode_weights
from model.config import TrainingConfig
from model.registry import Registry
from model.sources import load_split
from model.training import Trainer, train
from service.database import open_database
from service.jobs import Job, Jobs
from service.queue import Enqueuer
from service.settings import Settings
from service.supervisor import Supervisor
from service.worker_process import supervised

ENDED = ("succeeded", "failed", "cancelled")


def tiny(**values: Any) -> TrainingConfig:
    """A training that takes a second or so for each thousand epochs."""
    small = {"limit": 300, "network": {"hidden": [8]}, "augmentation": "none", "epochs": 3, "examples": False}
    return TrainingConfig.from_dict({**small, **values})


def undisturbed_digest(config: TrainingConfig) -> str:
    """The digest of the weights that a training gives when nothing happens to it."""
    trainer = Trainer(config, load_split(config.data, limit=config.limit))
    for _ in train(trainer):
        pass
    trained = trainer.result()
    return digest_of(encode_weights(trained.network, trained.calibration.detector))


def until(condition: Callable[[], bool], seconds: float = 200) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@contextmanager
def full_disk(most: int) -> Iterator[None]:
    """Files may have no more than so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Home:
    """The stores in a folder, and what can be asked of the jobs in them."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(home=folder, checkpoint_seconds=0.2, worker_niceness=0, **settings)
        self.engine = open_database(self.settings.database)
        self.registry = Registry.open(self.settings.store)
        self.jobs = Jobs(self.engine, Enqueuer(self.engine))

    def submit(self, **values: Any) -> str:
        """Ask for a tiny training and return the job's id."""
        return self.jobs.submit(tiny(**values).to_dict())[0].id

    def reached(self, job_id: str, fraction: float) -> bool:
        """Whether a job has come so far, or ended."""
        job = self.jobs.get(job_id)
        return job.state in ENDED or (job.progress or {}).get("fraction", 0) >= fraction

    def ended(self, job_id: str) -> Job:
        """The job when it has ended."""
        until(lambda: self.jobs.get(job_id).state in ENDED)
        return self.jobs.get(job_id)

    @contextmanager
    def worker(self) -> Iterator[Supervisor]:
        """A supervised worker as long as the block lasts."""
        supervisor = supervised(self.settings)
        supervisor.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def kill(supervisor: Supervisor, number: signal.Signals = signal.SIGKILL) -> int:
    """Send a signal to the worker that runs now, and return its process id."""
    until(lambda: supervisor.pid is not None)
    pid = supervisor.pid
    assert pid is not None
    os.kill(pid, number)
    return pid
