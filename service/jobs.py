"""Training jobs: what is asked of them. What runs them is ``service.worker``.

A job is one row, and every change of it adds an event in the same transaction. Putting a job in the queue of DBOS is
part of that transaction too, so no crash leaves the one without the other.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from model.clock import now
from service.database import exclusive, job_events, job_requests, jobs
from service.job_states import ACTIVE
from service.record_errors import IdempotencyConflict, JobConflict, JobNotFound, TooManyJobs


class Enqueue(Protocol):
    """Puts jobs in the queue."""

    def prepare(self) -> None:
        """Get ready; called outside any transaction, before each of the calls below."""

    def __call__(self, connection: sa.Connection, job_id: str, run: int, owner: str) -> None:
        """Put a job's run in the queue as a part of the connection's transaction."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs may wait: of everybody, and of one API key."""

    queued: int = 100
    queued_per_key: int = 20


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the API shows it; times are UTC, errors are fractions of 1."""

    id: str
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    config: dict[str, Any]
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    error: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values in the order of the contract."""
        return asdict(self)

    @classmethod
    def of(cls, row: sa.RowMapping) -> "Job":
        """Return the job that a row of the table describes."""
        return cls(**{name: row[name] for name in cls.__slots__})


class Jobs:
    """The jobs in the database; safe to share between threads."""

    def __init__(self, engine: sa.Engine, enqueue: Enqueue, limits: Limits | None = None) -> None:
        self._engine = engine
        self._enqueue = enqueue
        self._limits = limits or Limits()

    def asked_before(
        self, asked: Mapping[str, Any], *, owner: str = "", key: str | None = None
    ) -> Job | None:
        """Return the job that this owner's key came with before, if it did.

        Args:
            asked: the training configuration as it is asked for.
            owner: the API key that asks.
            key: the idempotency key.

        Raises:
            IdempotencyConflict: the key came with another configuration.
        """
        with self._engine.connect() as connection:
            return _asked_before(connection, asked, owner, key)

    def submit(
        self,
        config: Mapping[str, Any],
        *,
        owner: str = "",
        key: str | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> tuple[Job, bool]:
        """Ask for a training and return its job, durable, and whether it is new.

        Args:
            config: a valid training configuration.
            owner: the API key that asks.
            key: the same owner asking the same again with the same key gets the same job.
            asked: the configuration as it was asked for, where aliases have become versions in ``config``.

        Raises:
            IdempotencyConflict: the key came with another configuration before.
            TooManyJobs: too many jobs are waiting.
        """
        asked = config if asked is None else asked
        self._enqueue.prepare()
        with exclusive(self._engine) as connection:
            known = _asked_before(connection, asked, owner, key)
            if known is not None:
                return known, False
            self._check_limits(connection, owner)
            job_id = secrets.token_hex(8)
            given = {"id": job_id, "owner": owner, "idempotency_key": key, "config": dict(config)}
            start = {"state": "queued", "run": 1, "attempt": 0, "tries": 0, "publishing": False, "events": 0}
            connection.execute(jobs.insert().values(created_at=now(), **given, **start))
            if key is not None:
                connection.execute(job_requests.insert().values(job=job_id, digest=_digest(asked)))
            self._enqueue(connection, job_id, 1, owner)
            return record_event(connection, job_id), True

    def _check_limits(self, connection: sa.Connection, owner: str) -> None:
        queued = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.state == "queued")
        for query, most in (
            (queued, self._limits.queued),
            (queued.where(jobs.c.owner == owner), self._limits.queued_per_key),
        ):
            if connection.execute(query).scalar_one() >= most:
                raise TooManyJobs(most, _seconds_until_one_ends(connection))

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            JobNotFound: there is none with this id.
        """
        with self._engine.connect() as connection:
            return Job.of(_row(connection, job_id))

    def newest(self, limit: int = 50, state: str | None = None) -> list[Job]:
        """Return jobs, the newest first."""
        query = sa.select(jobs).order_by(jobs.c.number.desc()).limit(limit)
        if state is not None:
            query = query.where(jobs.c.state == state)
        with self._engine.connect() as connection:
            return [Job.of(row) for row in connection.execute(query).mappings()]

    def summary(self) -> dict[str, Any]:
        """Return how many jobs there are by state, the epochs they trained, and where the running ones stand."""
        states = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        epochs = sa.select(sa.func.sum(jobs.c.progress["epoch"].as_integer()))
        with self._engine.connect() as connection:
            counts: dict[str, int] = dict(connection.execute(states).all())
            trained = connection.execute(epochs).scalar_one() or 0
        running = [job.progress for job in self.newest(1000, "running") if job.progress]
        return {"states": counts, "epochs": trained, "running": running}

    def events(self, job_id: str, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """Return the numbered events of a job that came after one number, each the job as it then was."""
        query = (
            sa.select(job_events.c.number, job_events.c.data)
            .where(job_events.c.job == job_id, job_events.c.number > after)
            .order_by(job_events.c.number)
        )
        with self._engine.connect() as connection:
            return [(number, data) for number, data in connection.execute(query)]

    def cancel(self, job_id: str) -> Job:
        """Stop a job; cancelling a cancelled one changes nothing.

        Raises:
            JobNotFound: there is none with this id.
            JobConflict: it has ended, or its network is just being published.
        """
        _require_possible(job_id)
        with self._engine.begin() as connection:
            stopped = connection.execute(
                jobs.update()
                .where(jobs.c.id == job_id, jobs.c.state.in_(ACTIVE), ~jobs.c.publishing)
                .values(state="cancelled", finished_at=now())
            )
            if stopped.rowcount:
                return record_event(connection, job_id)
            job = Job.of(_row(connection, job_id))
        if job.state == "cancelled":
            return job
        raise JobConflict(f"expected a job that is queued or running, got one that {_standing(job)}")

    def resume(self, job_id: str) -> Job:
        """Put a cancelled or failed job back in the queue; it goes on from its last checkpoint.

        Raises:
            JobNotFound: there is none with this id.
            JobConflict: it is not cancelled or failed.
            TooManyJobs: too many jobs are waiting.
        """
        self._enqueue.prepare()
        with exclusive(self._engine) as connection:
            row = _row(connection, job_id)
            if row["state"] in ACTIVE:
                return Job.of(row)
            if row["state"] == "succeeded":
                raise JobConflict("expected a job that is cancelled or failed, got one that succeeded")
            self._check_limits(connection, row["owner"])
            return self.requeue(connection, job_id, tries=0)

    def requeue(self, connection: sa.Connection, job_id: str, **values: Any) -> Job:
        """Give a job a new run in the queue; whatever still works on an older one may write no more."""
        values |= {"state": "queued", "run": jobs.c.run + 1, "attempt": jobs.c.attempt + 1, "worker": None}
        values |= {"finished_at": None, "error": None, "publishing": False}
        connection.execute(jobs.update().where(jobs.c.id == job_id).values(values))
        row = _row(connection, job_id)
        self._enqueue(connection, job_id, row["run"], row["owner"])
        return record_event(connection, job_id)


def record_event(connection: sa.Connection, job_id: str) -> Job:
    """Add the job as it now is to its history; the caller has just changed, and so locked, the row."""
    connection.execute(jobs.update().where(jobs.c.id == job_id).values(events=jobs.c.events + 1))
    row = _row(connection, job_id)
    job = Job.of(row)
    connection.execute(job_events.insert().values(job=job_id, number=row["events"], data=job.as_dict()))
    return job


def _require_possible(job_id: str) -> None:
    if "\0" in job_id:  # Postgres takes no such text, not even to look for
        raise JobNotFound


def _row(connection: sa.Connection, job_id: str) -> sa.RowMapping:
    _require_possible(job_id)
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().first()
    if row is None:
        raise JobNotFound
    return row


def _asked_before(
    connection: sa.Connection, asked: Mapping[str, Any], owner: str, key: str | None
) -> Job | None:
    if key is None:
        return None
    query = sa.select(jobs).where(jobs.c.owner == owner, jobs.c.idempotency_key == key)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    before = connection.execute(
        sa.select(job_requests.c.digest).where(job_requests.c.job == row["id"])
    ).scalar()
    if (before or _digest(row["config"])) != _digest(asked):  # earlier versions kept the configuration alone
        raise IdempotencyConflict
    return Job.of(row)


def _digest(config: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def _seconds_until_one_ends(connection: sa.Connection) -> int:
    """An honest ``Retry-After``: when the running job that is nearest its end makes room, at most an hour."""
    running = connection.execute(sa.select(jobs.c.progress).where(jobs.c.state == "running")).scalars()
    left = [progress["seconds_left"] for progress in running if progress and progress.get("seconds_left")]
    return max(1, min(3600, round(min(left, default=60))))


def _standing(job: Job) -> str:
    return "is being published" if job.state in ACTIVE else job.state
