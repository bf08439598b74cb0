"""What a worker may write about a job: only while its attempt is the newest.

The number of the attempt is a fencing token. Whoever takes a job over raises it, and every write below names it, so
a worker that was frozen, cut off or thought dead changes nothing when it comes back: it learns that it was superseded.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import sqlalchemy as sa

from model.clock import now
from service.database import jobs
from service.job_states import ACTIVE
from service.jobs import record_event

MOST_ATTEMPTS = 10
"""Attempts without a new checkpoint after which a job fails: it is what kills its workers."""


class Superseded(Exception):
    """The job was cancelled, or another worker has it now."""


@dataclass(slots=True)
class Attempt:
    """One worker's hold on one job.

    Attributes:
        job_id: the job.
        number: the fencing token.
        config: what to train.
        checkpoint: key and digest of the last good checkpoint, if there is one.
        progress: where the job stood when it was last reported.
    """

    engine: sa.Engine
    job_id: str
    number: int
    config: dict[str, Any]
    checkpoint: tuple[str, str] | None
    progress: dict[str, Any] | None
    _began: float
    _last_event: float

    @classmethod
    def claim(cls, engine: sa.Engine, job_id: str, run: int, worker: str) -> "Attempt | None":
        """Take a job, fencing off whoever had it; None when it is not to be run, or not any more."""
        with engine.begin() as connection:
            claimed = connection.execute(
                jobs.update()
                .where(jobs.c.id == job_id, jobs.c.run == run, jobs.c.state.in_(ACTIVE))
                .values(
                    state="running",
                    attempt=jobs.c.attempt + 1,
                    tries=jobs.c.tries + 1,
                    worker=worker,
                    started_at=sa.func.coalesce(jobs.c.started_at, now()),
                )
                .returning(jobs)
            )
            row = claimed.mappings().first()
            if row is None:
                return None
            record_event(connection, job_id)
        checkpoint = (row["checkpoint"], row["checkpoint_digest"]) if row["checkpoint"] else None
        attempt = cls(
            engine,
            job_id,
            row["attempt"],
            row["config"],
            checkpoint,
            row["progress"],
            monotonic(),
            monotonic(),
        )
        if row["tries"] > MOST_ATTEMPTS:
            with suppress(Superseded):  # cancelled in the meantime
                attempt.fail(
                    f"given up after {MOST_ATTEMPTS} attempts that each ended without a new checkpoint"
                )
            return None
        return attempt

    def report(
        self,
        progress: dict[str, Any] | None,
        *,
        milestone: bool = False,
        earlier: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Say where the job stands.

        Args:
            progress: as the API shows it; None while the training has not begun.
            milestone: keep it in the history in any case. Otherwise at most one report a second is kept, and fewer
                the longer the job takes: the history grows with the logarithm of the time.
            earlier: milestones since the last report, kept in the history before this one and in one transaction with
                it: each by itself would hold the lock of the database once.

        Raises:
            Superseded: stop; this attempt may write no more.
        """
        age, since_event = monotonic() - self._began, monotonic() - self._last_event
        event = milestone or bool(earlier) or since_event >= max(1.0, age / 600)
        if event:
            self._last_event = monotonic()
        self._write({"progress": progress}, event=event, earlier=earlier)
        self.progress = progress

    def saved(self, key: str, digest: str) -> None:
        """Say that a checkpoint is safe in the store. A cancelled job may still save where it stopped.

        Raises:
            Superseded: another worker has the job now, and its checkpoints count.
        """
        self._write(
            {"checkpoint": key, "checkpoint_digest": digest, "tries": 0},
            states=("running", "cancelled"),
            event=False,
        )
        self.checkpoint = (key, digest)

    def begin_publication(self) -> None:
        """Pass the point after which the job cannot be cancelled.

        Raises:
            Superseded: do not publish.
        """
        self._write({"publishing": True}, event=False)

    def succeed(self, result: dict[str, Any]) -> None:
        """End the job well; its checkpoint is no longer needed.

        Raises:
            Superseded: another worker has the job now.
        """
        ended = {"state": "succeeded", "result": result, "finished_at": now(), "publishing": False}
        self._write({**ended, "error": None, "checkpoint": None, "checkpoint_digest": None})

    def fail(self, reason: str) -> None:
        """End the job with a reason; it can be resumed from its last checkpoint.

        Raises:
            Superseded: another worker has the job now, or it was cancelled.
        """
        self._write({"state": "failed", "error": reason, "finished_at": now(), "publishing": False})

    def _write(
        self,
        values: dict[str, Any],
        *,
        states: tuple[str, ...] = ("running",),
        event: bool = True,
        earlier: Sequence[dict[str, Any]] = (),
    ) -> None:
        mine = jobs.update().where(
            jobs.c.id == self.job_id, jobs.c.attempt == self.number, jobs.c.state.in_(states)
        )
        with self.engine.begin() as connection:
            for progress in earlier:
                if connection.execute(mine.values(progress=progress)).rowcount:
                    record_event(connection, self.job_id)
            if not connection.execute(mine.values(values)).rowcount:
                raise Superseded
            if event:
                record_event(connection, self.job_id)


def release(engine: sa.Engine, worker: str) -> None:
    """Take the jobs of a worker that is gone from it, so that they show as queued and nothing it still does counts."""
    with engine.begin() as connection:
        held = jobs.update().where(jobs.c.worker == worker, jobs.c.state == "running")
        freed = connection.execute(
            held.values(state="queued", attempt=jobs.c.attempt + 1, worker=None).returning(jobs.c.id)
        )
        for job_id in freed.scalars().all():
            record_event(connection, job_id)
