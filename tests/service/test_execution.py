"""One run of a job, without the queue: what it leaves behind, and what happens when it is disturbed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from model.errors import StoreUnavailable
from model.registry import Registry
from model.sources import load_test
from model.store import Store
from service.attempts import Attempt
from service.database import open_database
from service.example import Example
from service.examples import Examples
from service.execution import FAILED, STOPPED, SUCCEEDED, TRAINED, TRAINING, Execution, Patience
from service.jobs import Job, Jobs
from service.training_schemas import JobDocument
from tests.service.homes import full_disk, tiny, undisturbed_digest

HASTY = Patience(checkpoint_seconds=0.0, store_seconds=0.0)
"""Saves after every slice, and waits for nothing."""


class FlakyStore(Store):
    """A store that is out of reach now and then: ``failures`` more writes fail."""

    failures = 0

    def replace(self, path: str, data: bytes) -> None:
        """Write an object, or fail."""
        if self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("expected the object store to answer, got: Timeout")
        super().replace(path, data)


class Bench:
    """A folder with a database and a store, and jobs that the tests run by hand."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_database(f"sqlite:///{folder}/numeral.sqlite")
        self.store = FlakyStore.open(folder / "store")
        assert isinstance(self.store, FlakyStore)
        self.registry = Registry(self.store)
        self.examples = Examples(self.engine, self.store)
        self.jobs = Jobs(self.engine, self)
        self.stopping = threading.Event()

    def prepare(self) -> None:
        """Need nothing: there is no queue."""

    def __call__(self, connection: sa.Connection, job_id: str, run: int, owner: str) -> None:
        """Queue nothing."""

    def submit(self, **values: object) -> str:
        """Ask for a tiny training."""
        return self.jobs.submit(tiny(**values).to_dict())[0].id

    def claim(self, job_id: str, run: int = 1, patience: Patience = HASTY) -> Execution:
        """Take a job as a worker does."""
        attempt = Attempt.claim(self.engine, job_id, run, "w")
        assert attempt is not None
        return Execution(attempt, self.registry, self.examples, self.stopping, patience)

    def finish(self, execution: Execution) -> Job:
        """Run a job to its end."""
        outcome = TRAINING
        while outcome == TRAINING:
            outcome = execution.train()
        if outcome == TRAINED:
            outcome = execution.publish()
        assert outcome in (SUCCEEDED, FAILED)
        return self.jobs.get(execution.attempt.job_id)

    def digest(self, job: Job) -> str:
        """The digest of the weights that came of a job."""
        assert job.result is not None, job.error
        return str(job.result["digest"])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty one."""
    bench = Bench(tmp_path)
    yield bench
    bench.engine.dispose()


def test_a_job_gives_the_weights_of_its_configuration(bench: Bench) -> None:
    """The version is listed with its metrics, promoted over nothing, and the checkpoints are gone."""
    job_id = bench.submit()
    job = bench.finish(bench.claim(job_id))
    assert job.state == "succeeded"
    assert bench.digest(job) == undisturbed_digest(tiny())
    assert bench.registry.manifest("1")["weights"]["digest"] == bench.digest(job)
    assert bench.registry.aliases() == {"production": "1"}
    assert job.result is not None
    assert job.result["gate"]["promoted"]
    assert job.progress is not None
    assert (job.progress["epoch"], job.progress["fraction"]) == (3, 1.0)
    assert list(bench.store.names(f"jobs/{job_id}")) == []


def test_every_epoch_is_in_the_history(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the epochs are; those between two reports are written with the second."""
    monkeypatch.setattr("service.execution.REPORT_SECONDS", 3600.0)
    job_id = bench.submit(epochs=5)
    bench.finish(bench.claim(job_id, patience=Patience(checkpoint_seconds=3600.0)))
    progress = [job["progress"] for _, job in bench.jobs.events(job_id, 0) if job["progress"]]
    assert sorted({reported["epoch"] for reported in progress}) == [1, 2, 3, 4, 5]


def test_a_job_taken_over_at_every_checkpoint_gives_the_same_weights(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker does one slice and dies; the last one publishes what one undisturbed worker would have."""
    monkeypatch.setattr("service.execution.SLICE_SECONDS", 0.0)
    job_id = bench.submit()
    slices = 0
    while bench.claim(job_id).train() == TRAINING:
        slices += 1
    assert slices > 3
    assert bench.digest(bench.finish(bench.claim(job_id))) == undisturbed_digest(tiny())


def test_only_the_last_checkpoint_is_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older ones are deleted when a newer one is safe."""
    monkeypatch.setattr("service.execution.SLICE_SECONDS", 0.0)
    job_id = bench.submit()
    execution = bench.claim(job_id)
    for _ in range(3):
        execution.train()
    assert list(bench.store.names(f"jobs/{job_id}")) == ["1-3.checkpoint"]


def test_a_damaged_checkpoint_costs_time_but_not_the_weights(bench: Bench, tmp_path: Path) -> None:
    """The training begins anew and ends the same."""
    job_id = bench.submit()
    assert bench.claim(job_id).train() in (TRAINING, TRAINED)
    (path,) = (tmp_path / "store" / "jobs" / job_id).iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert bench.digest(bench.finish(bench.claim(job_id))) == undisturbed_digest(tiny())


def test_what_is_published_has_learned_to_the_end(bench: Bench, tmp_path: Path) -> None:
    """Also where the worker died while it published, and the next one cannot use the checkpoint."""
    job_id = bench.submit()
    execution = bench.claim(job_id)
    while execution.train() == TRAINING:
        pass
    for path in (tmp_path / "store" / "jobs" / job_id).glob("*.checkpoint"):
        path.write_bytes(path.read_bytes()[:-1])
    assert bench.claim(job_id).publish() == SUCCEEDED
    assert bench.digest(bench.jobs.get(job_id)) == undisturbed_digest(tiny())


def test_a_cancelled_job_stops_at_the_next_slice_and_resumes_to_the_same_weights(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saves where it stopped, publishes nothing, and goes on from there."""
    monkeypatch.setattr("service.execution.SLICE_SECONDS", 0.0)
    monkeypatch.setattr("service.execution.REPORT_SECONDS", 0.0)
    job_id = bench.submit()
    execution = bench.claim(job_id)
    assert execution.train() == TRAINING
    bench.jobs.cancel(job_id)
    assert execution.train() == STOPPED
    assert bench.registry.versions() == []
    assert bench.jobs.get(job_id).state == "cancelled"
    bench.jobs.resume(job_id)
    assert bench.digest(bench.finish(bench.claim(job_id, run=2))) == undisturbed_digest(tiny())


def test_a_job_cancelled_after_training_is_not_published(bench: Bench) -> None:
    """Between the last epoch and the publication it can still be cancelled."""
    execution = bench.claim(bench.submit())
    while execution.train() == TRAINING:
        pass
    bench.jobs.cancel(execution.attempt.job_id)
    assert execution.publish() == STOPPED
    assert bench.registry.versions() == []


def test_a_stale_worker_can_not_publish(bench: Bench) -> None:
    """It had trained to the end when another took the job over; only the other's publication counts."""
    job_id = bench.submit()
    stale = bench.claim(job_id)
    while stale.train() == TRAINING:
        pass
    fresh = bench.claim(job_id)
    assert stale.publish() == STOPPED
    assert stale.train() == STOPPED
    assert bench.registry.versions() == []
    assert bench.finish(fresh).state == "succeeded"
    assert stale.publish() == STOPPED
    assert bench.registry.versions() == ["1"]


def test_a_worker_that_slept_through_its_own_publication_moves_nothing_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passed the last check, slept, and woke when its job was done by another and a later job was promoted."""
    sleeper = bench.claim(bench.submit(promote="always"))
    while sleeper.train() == TRAINING:
        pass
    sleeper.attempt.begin_publication()
    bench.finish(bench.claim(sleeper.attempt.job_id))
    bench.finish(bench.claim(bench.submit(promote="always", seed=2)))
    monkeypatch.setattr(Attempt, "begin_publication", lambda _: None)  # the sleeper had passed it
    assert sleeper.publish() == STOPPED
    assert bench.registry.versions() == ["1", "2"]
    assert bench.registry.aliases() == {"production": "2"}


def test_a_publication_that_is_repeated_gives_one_version(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker dies after listing the version, before it can say so."""
    job_id = bench.submit()
    first = bench.claim(job_id)
    while first.train() == TRAINING:
        pass

    def die(_attempt: Attempt, _result: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Attempt, "succeed", die)
    with pytest.raises(KeyboardInterrupt):
        first.publish()
    monkeypatch.undo()
    assert bench.registry.versions() == ["1"]
    assert bench.jobs.get(job_id).state == "running"
    job = bench.finish(bench.claim(job_id))
    assert (job.state, bench.registry.versions()) == ("succeeded", ["1"])
    assert job.result is not None
    assert job.result["gate"]["promoted"]


def test_diverged_weights_are_never_published(bench: Bench) -> None:
    """The job fails and says why."""
    job_id = bench.submit(epochs=1000)
    execution = bench.claim(job_id)
    assert execution.train() == TRAINING
    execution._trainer.parameters.vector[0] = np.nan
    job = bench.finish(execution)
    assert job.state == "failed"
    assert job.error is not None
    assert "a lower learning rate may help" in job.error
    assert bench.registry.versions() == []


def test_a_store_that_is_away_for_a_moment_is_waited_for(bench: Bench) -> None:
    """Two writes fail, and the job succeeds all the same."""
    bench.store.failures = 2  # type: ignore[attr-defined]
    patient = Patience(checkpoint_seconds=0.0, store_seconds=30.0)
    job = bench.finish(bench.claim(bench.submit(), patience=patient))
    assert job.state == "succeeded"
    assert bench.store.failures == 0  # type: ignore[attr-defined]


def test_a_job_that_waits_before_it_begins_has_no_progress(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown as one that has not begun, which the contract of the API knows."""
    job_id = bench.submit()
    shown: list[JobDocument] = []

    def unreachable(*_: object) -> None:
        shown.append(JobDocument(**bench.jobs.get(job_id).as_dict()))
        raise StoreUnavailable("expected the object store to answer, got: Timeout")

    monkeypatch.setattr("service.execution.prepare", unreachable)
    patience = Patience(checkpoint_seconds=0.0, store_seconds=0.5)
    assert bench.claim(job_id, patience=patience).train() == FAILED
    assert [document.progress for document in shown] == [None, None]
    assert bench.jobs.get(job_id).progress is None


def test_a_job_that_waits_for_the_store_can_be_cancelled(bench: Bench) -> None:
    """Waiting looks for a cancellation as training does."""
    bench.store.failures = 1000  # type: ignore[attr-defined]
    execution = bench.claim(bench.submit(), patience=Patience(checkpoint_seconds=0.0, store_seconds=1000.0))
    outcomes: list[str] = []
    thread = threading.Thread(target=lambda: outcomes.append(execution.train()))
    thread.start()
    while bench.store.failures == 1000:  # type: ignore[attr-defined]
        thread.join(0.01)
    bench.store.failures = 1000  # type: ignore[attr-defined]
    bench.jobs.cancel(execution.attempt.job_id)
    while thread.is_alive():
        bench.store.failures = 0  # type: ignore[attr-defined]
        thread.join(1)
    assert outcomes == [STOPPED]


def test_a_full_disk_fails_the_job_with_a_reason_and_it_can_be_resumed(bench: Bench) -> None:
    """Nothing is published and nothing is torn; with room again the job ends with the weights it would have had."""
    wide = {"network": {"hidden": [800]}}
    job_id = bench.submit(**wide)
    with full_disk(1_000_000):
        job = bench.finish(bench.claim(job_id))
    assert job.state == "failed"
    assert job.error is not None
    assert "expected the object store" in job.error
    assert bench.registry.versions() == []
    bench.jobs.resume(job_id)
    assert bench.digest(bench.finish(bench.claim(job_id, run=2))) == undisturbed_digest(tiny(**wide))


def test_an_unexpected_error_fails_the_job_without_telling_its_inside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job shows the kind of error; the rest is for the log."""

    def broken(*_: object) -> None:
        raise KeyError("/secret/path")

    monkeypatch.setattr("service.execution.prepare", broken)
    execution = bench.claim(bench.submit())
    assert execution.train() == FAILED
    assert bench.jobs.get(execution.attempt.job_id).error == "unexpected KeyError"


def test_a_database_that_is_too_busy_fails_no_job(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """That no connection was free is passed on, as every trouble with the database is: the job is tried again."""

    def busy(*_: object) -> None:
        raise sa.exc.TimeoutError

    monkeypatch.setattr("service.execution.prepare", busy)
    execution = bench.claim(bench.submit())
    with pytest.raises(sa.exc.TimeoutError):
        execution.train()
    assert bench.jobs.get(execution.attempt.job_id).state == "running"


def test_a_job_learns_from_the_examples_there_were_when_it_began(bench: Bench) -> None:
    """Examples given, changed or deleted while it is interrupted change nothing; the manifest says how many it used."""
    digits = load_test().images
    first = [Example(digits[i], i % 10) for i in range(4)]
    bench.examples.add(first)
    job_id = bench.submit(examples=True)
    assert bench.claim(job_id).train() in (TRAINING, TRAINED)
    bench.examples.add([Example(digits[i], i % 10) for i in range(4, 20)])
    bench.examples.remove(first[0].id)
    job = bench.finish(bench.claim(job_id))
    manifest = bench.registry.manifest("1")
    assert manifest["training"]["examples"] == 4
    assert manifest["training"]["images"] == 300 + 4 * 7  # each example seven times: at most a tenth in all
    assert bench.digest(job) != undisturbed_digest(tiny())


def test_a_job_can_go_on_from_a_version(bench: Bench) -> None:
    """The manifest names the parent, and the weights are others than those from random ones."""
    bench.finish(bench.claim(bench.submit()))
    job = bench.finish(bench.claim(bench.submit(start_from="1", network=None)))
    assert bench.registry.manifest("2")["parent"] == "1"
    assert bench.digest(job) != undisturbed_digest(tiny())
    assert np.isfinite(bench.registry.load("2").network.layers[0].weight).all()


def test_the_configuration_can_forbid_promotion(bench: Bench) -> None:
    """The version is listed and the alias stays where it was."""
    job = bench.finish(bench.claim(bench.submit(promote="never")))
    assert job.result is not None
    assert job.result["gate"] == {"promoted": False, "reason": "promotion was not asked for"}
    assert bench.registry.aliases() == {}
