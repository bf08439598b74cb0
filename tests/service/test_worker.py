"""Workers as processes: killed, frozen, orphaned, told to stop."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.database import jobs
from service.leases import open_leases
from tests.service.homes import Home, kill, tiny, undisturbed_digest, until

pytestmark = pytest.mark.timeout(300)

LONG = {"limit": 1500, "epochs": 100}
"""A training of a few seconds."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty home folder, whose workers soon miss one that is frozen."""
    home = Home(tmp_path, silence_seconds=3)
    yield home
    home.close()


def digest_of(home: Home, job_id: str) -> str:
    """The digest of what a job gave, when it has ended."""
    job = home.ended(job_id)
    assert job.result is not None, job.error
    return str(job.result["digest"])


def worker_of(home: Home, job_id: str) -> int | None:
    """The process id of the worker that has a job."""
    with home.engine.connect() as connection:
        worker = connection.execute(sa.select(jobs.c.worker).where(jobs.c.id == job_id)).scalar_one()
    return int(worker.split("-")[-2]) if worker else None


def freeze(home: Home, process_id: int) -> None:
    """Stop a worker where it stands, but not within a write: SQLite has one writer, whom all others wait for."""

    def stopped() -> bool:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def frozen_outside_a_write() -> bool:
        os.kill(process_id, signal.SIGSTOP)
        until(stopped)
        with closing(sqlite3.connect(str(home.engine.url.database), timeout=0)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(process_id, signal.SIGCONT)
                return False
        return True

    until(frozen_outside_a_write)


def test_a_job_killed_again_and_again_gives_the_weights_of_an_undisturbed_one(home: Home) -> None:
    """The worker dies three times, then everything at once; what is started afterwards finishes the job by itself."""
    with home.worker() as supervisor:
        job_id = home.submit(**LONG)
        for fraction in (0.05, 0.25, 0.45):
            until(lambda reached=fraction: home.reached(job_id, reached))  # type: ignore[misc]
            kill(supervisor)
        until(lambda: home.reached(job_id, 0.6))
    with home.worker():
        assert digest_of(home, job_id) == undisturbed_digest(tiny(**LONG))
    assert home.registry.versions() == ["1"]
    numbers = [number for number, _ in home.jobs.events(job_id)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_worker_ends_with_its_parent_even_if_that_is_killed(home: Home) -> None:
    """No orphan trains on."""
    script = (
        "import sys; from service.settings import Settings; from service.worker_process import supervised\n"
        "s = supervised(Settings()); s.start()\n"
        "import time\n"
        "while s.pid is None: time.sleep(0.01)\n"
        "print(s.pid, flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, "NUMERAL_HOME": str(home.settings.home)}
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until(lambda: not Path(f"/proc/{worker}").exists())


def test_a_frozen_worker_is_replaced_and_can_do_no_harm_when_it_wakes(home: Home) -> None:
    """Another worker takes the job over and finishes it; the frozen one wakes up, notices, and ends."""
    with home.worker() as first, home.worker() as second:
        until(lambda: first.pid is not None and second.pid is not None)
        job_id = home.submit(**LONG)
        until(lambda: home.reached(job_id, 0.1))
        frozen = worker_of(home, job_id)
        assert frozen is not None
        assert frozen in (first.pid, second.pid)
        freeze(home, frozen)
        until(lambda: worker_of(home, job_id) not in (None, frozen))
        os.kill(frozen, signal.SIGCONT)
        until(lambda: frozen not in (first.pid, second.pid))
        assert digest_of(home, job_id) == undisturbed_digest(tiny(**LONG))
    assert home.registry.versions() == ["1"]


def test_a_worker_told_to_stop_saves_its_job_and_gives_it_back(home: Home) -> None:
    """The job is queued again, with a checkpoint, and none of its attempts is used up."""
    with home.worker():
        job_id = home.submit(**LONG)
        until(lambda: home.reached(job_id, 0.1))
    with home.engine.connect() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().one()
    assert (row["state"], row["tries"]) == ("queued", 0)
    assert row["checkpoint"] is not None


def test_an_idle_worker_told_to_stop_leaves_nothing_behind(home: Home) -> None:
    """So the next one has nobody to take for dead."""
    leases = open_leases(home.engine)
    with home.worker():
        until(lambda: bool(leases.known()))
        assert home.ended(home.submit()).state == "succeeded"
    assert leases.known() == set()


def test_a_cancelled_job_stops_and_its_worker_takes_the_next(home: Home) -> None:
    """The worker does not die of it."""
    with home.worker() as supervisor:
        endless = home.submit(epochs=10_000, limit=5000)
        until(lambda: home.reached(endless, 0.0001))
        worker = supervisor.pid
        home.jobs.cancel(endless)
        assert home.ended(home.submit()).state == "succeeded"
        assert supervisor.pid == worker
        home.jobs.resume(endless)
        until(lambda: home.jobs.get(endless).state == "running")
        home.jobs.cancel(endless)


def test_a_job_whose_workflow_is_lost_is_queued_again(home: Home) -> None:
    """Whatever became of its place in the queue, no job is left behind."""
    job_id = home.submit()
    with home.engine.begin() as connection:
        connection.execute(sa.text("UPDATE workflow_status SET status = 'ERROR'"))
    with home.worker():
        assert home.ended(job_id).state == "succeeded"


def test_a_job_taken_by_a_worker_without_a_lease_is_taken_over(home: Home) -> None:
    """The worker took it after it was thought dead, and died before it could do anything."""
    job_id = home.submit()
    with home.engine.begin() as connection:
        connection.execute(sa.text("UPDATE workflow_status SET status = 'PENDING', executor_id = 'ghost'"))
    with home.worker():
        assert home.ended(job_id).state == "succeeded"
