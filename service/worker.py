"""The training worker: a process that takes jobs out of the queue and runs them one at a time.

It is built to be killed. Whatever goes wrong with the process itself ends it, and everything that matters is in the
database and the store: another worker, or its own successor, finds its lease free and its jobs go on.
"""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import sqlalchemy as sa

from model.registry import Registry
from service import queue
from service.attempts import Attempt, release
from service.checkpoints import Checkpoints
from service.database import exclusive, jobs
from service.examples import Examples
from service.execution import SUCCEEDED, TRAINED, TRAINING, Execution, Patience, tidy
from service.job_states import ACTIVE
from service.jobs import Jobs
from service.leases import LeaseLost, Leases

log = logging.getLogger("numeral.worker")

SCAN_SECONDS = 1.0
"""Between two looks for dead workers."""

RECONCILE_SECONDS = 5.0
"""Between two looks for jobs that nobody will finish."""

PARK_SECONDS = 10.0
"""How long a stopping worker takes to save a checkpoint."""

LOST = 70
"""Exit status of a worker that can no longer work: its lease is lost, or what it took it does not run."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What all workers share."""

    engine: sa.Engine
    registry: Registry
    leases: Leases


class Worker:
    """One worker; when ``run`` returns or raises, the process is to end without waiting for its threads."""

    def __init__(self, stores: Stores, patience: Patience, running_per_key: int | None = None) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self._stores, self._patience, self._running_per_key = stores, patience, running_per_key
        self._examples = Examples(stores.engine, stores.registry.store)
        self._enqueuer = queue.Enqueuer(stores.engine)
        self._jobs = Jobs(stores.engine, self._enqueuer)
        self._execution: Execution | None = None
        self._running: set[str] = set()
        self._unaccounted: set[str] = set()
        self._reconciled = monotonic()

    def run(self, beat: Callable[[], None]) -> None:
        """Work until ``stopping`` is set.

        Args:
            beat: is called once a second, to tell whoever watches that this worker lives.

        Raises:
            LeaseLost: others took this worker for dead; end the process at once.
        """
        self._stores.leases.hold(self.name)
        started = ThreadPoolExecutor(1, "start").submit(self._start)
        while not self.stopping.is_set():
            self._stores.leases.beat()
            beat()
            if started.done():
                started.result()
                self._look_around()
            self.stopping.wait(SCAN_SECONDS)
        self._stop()

    def _start(self) -> None:
        """Begin to take jobs; this may take longer than a worker may be silent."""
        queue.launch(self._stores.engine, self.name, self.run_job, running_per_key=self._running_per_key)
        self._look_around()  # at once, so that what a dead worker had begun goes before what is new
        log.info("worker %s is ready", self.name)

    def run_job(self, job_id: str, run: int) -> str:
        """Run a job to its end: a workflow of DBOS, begun anew after a crash with the steps that ended left out."""
        from dbos import DBOS

        self._running.add(queue.workflow_id(job_id, run))
        try:
            attempt = Attempt.claim(self._stores.engine, job_id, run, self.name)
            if attempt is None:
                return self._not_to_be_run(job_id)
            log.info("job %s: attempt %d", job_id, attempt.number)
            execution = Execution(
                attempt, self._stores.registry, self._examples, self.stopping, self._patience
            )
            self._execution = execution
            outcome = TRAINING
            while outcome == TRAINING:
                outcome = DBOS.run_step({"name": "train"}, execution.train)
            if outcome == TRAINED:
                outcome = DBOS.run_step({"name": "publish"}, execution.publish)
            log.info("job %s: %s", job_id, outcome)
            return outcome
        finally:
            self._execution = None
            self._running.discard(queue.workflow_id(job_id, run))

    def _not_to_be_run(self, job_id: str) -> str:
        job = self._jobs.get(job_id)
        if job.state == SUCCEEDED:  # its worker died before it could clean up
            tidy(self._stores.registry, job_id, Checkpoints(self._stores.registry.store, job_id, sys.maxsize))
        return job.state

    def _look_around(self) -> None:
        """See to dead workers, and now and then to what else could be left undone."""
        try:
            for dead in self._stores.leases.dead():
                self._bury(dead)
            if monotonic() - self._reconciled > RECONCILE_SECONDS:
                self._reconciled = monotonic()
                self._reconcile()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            log.warning("the database does not answer: %s", type(error).__name__)

    def _bury(self, dead: str) -> None:
        log.warning("worker %s is gone; its jobs go back to the queue", dead)
        release(self._stores.engine, dead)
        queue.recover(dead)

    def _reconcile(self) -> None:
        """Find what should run and does not: jobs taken by nobody who has a lease, and jobs whose workflow has ended.

        Raises:
            LeaseLost: this worker has taken a job that it does not run, so it had better be replaced.
        """
        with self._stores.engine.connect() as connection:
            active = connection.execute(
                sa.select(jobs.c.id, jobs.c.run).where(jobs.c.state.in_(ACTIVE))
            ).all()
        unfinished = queue.unfinished()
        for vanished in {worker for worker in unfinished.values() if worker} - self._stores.leases.known():
            self._bury(vanished)
        for job_id, run in active:
            if queue.workflow_id(job_id, run) not in unfinished:
                self._adopt(job_id, run)
        unaccounted = {taken for taken, worker in unfinished.items() if worker == self.name} - self._running
        if unaccounted & self._unaccounted:
            log.error("took %s and does not run it", unaccounted)
            raise LeaseLost
        self._unaccounted = unaccounted

    def _adopt(self, job_id: str, run: int) -> None:
        self._enqueuer.prepare()
        with exclusive(self._stores.engine) as connection:
            still = sa.select(jobs.c.id).where(
                jobs.c.id == job_id, jobs.c.run == run, jobs.c.state.in_(ACTIVE)
            )
            if connection.execute(still).first() is not None:
                log.warning("job %s had lost its place in the queue", job_id)
                self._jobs.requeue(connection, job_id)

    def _stop(self) -> None:
        """Let the running job save where it stands, and show it as queued.

        With a job the lease stays behind for the next worker to find. Without one it is given back; should this process
        still take a job before it has ended, ``_reconcile`` of another finds that job taken by nobody who has a lease.
        """
        execution = self._execution
        if execution is not None and execution.parked.wait(PARK_SECONDS):
            release(self._stores.engine, self.name)
        elif not self._running:
            self._stores.leases.free()


def exit_with_parent(pipe: int) -> None:
    """End this process when the other end of a pipe is closed, which the kernel does when the parent ends."""

    def watch() -> None:
        while os.read(pipe, 1):
            pass
        os._exit(LOST)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def stop_on_signals(worker: Worker) -> None:
    """Let SIGTERM and SIGINT stop a worker in good order, even if whoever started it had them blocked."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        signal.signal(number, lambda *_: worker.stopping.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
