"""Which workers live. DBOS resumes the jobs of a dead worker, but leaves it to us to find out who died.

A worker holds a lock that the kernel or the database releases the moment its process ends, so a death shows at the next
look. A worker that is frozen or cut off keeps its lock and stops beating: it counts as dead after ``SILENCE``, and
finds its lease gone when it comes back.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from typing import Protocol

import sqlalchemy as sa

from service.database import workers

SILENCE = 15.0
"""Seconds without a beat after which a worker counts as dead although its lock is held."""


class LeaseLost(Exception):
    """This worker was taken for dead; it must stop at once."""


class Leases(Protocol):
    """The leases of all workers that share one database."""

    def hold(self, worker: str) -> None:
        """Take this worker's own lease, until the process ends or ``free`` is called."""

    def beat(self) -> None:
        """Say that this worker lives.

        Raises:
            LeaseLost: others took it for dead.
        """

    def free(self) -> None:
        """Give this worker's own lease back."""

    def known(self) -> set[str]:
        """Return the workers that have a lease, living or dead."""

    def dead(self) -> Iterator[str]:
        """Yield the dead workers; each one's lease is held while the caller sees to it, and gone afterwards."""


def open_leases(engine: sa.Engine, silence: float = SILENCE) -> Leases:
    """Return the leases that belong to a database: files beside SQLite's, or advisory locks in Postgres."""
    if engine.dialect.name == "sqlite":
        return FileLeases(Path(str(engine.url.database)).parent / "workers", silence)
    return PostgresLeases(engine, silence)


class FileLeases:
    """Leases of workers on one machine: a locked file for each, whose modification time is its last beat."""

    def __init__(self, folder: Path, silence: float = SILENCE) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._silence = folder, silence
        self._own: tuple[Path, int] | None = None

    def hold(self, worker: str) -> None:
        """Take this worker's own lease."""
        path = self._folder / f"{worker}.lock"
        while self._own is None:
            file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_file(path, file):
                self._own = (path, file)
            else:  # another worker saw the file before it was locked, and took it for a dead one's
                os.close(file)

    def beat(self) -> None:
        """Say that this worker lives."""
        if self._own is None:
            raise LeaseLost
        path, file = self._own
        if not _is_file(path, file):
            raise LeaseLost
        os.utime(file)

    def free(self) -> None:
        """Give this worker's own lease back."""
        if self._own is not None:
            path, file = self._own
            path.unlink(missing_ok=True)
            os.close(file)
            self._own = None

    def known(self) -> set[str]:
        """Return the workers that have a lease."""
        return {path.stem for path in self._folder.glob("*.lock")}

    def dead(self) -> Iterator[str]:
        """Yield the dead workers."""
        for path in self._folder.glob("*.lock"):
            if self._own is None or path != self._own[0]:
                with self._taken(path) as taken:
                    if taken:
                        yield path.stem

    @contextmanager
    def _taken(self, path: Path) -> Iterator[bool]:
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            yield False
            return
        try:
            silent = time() - os.fstat(file).st_mtime > self._silence
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                taken = _is_file(path, file)  # else another worker saw to it while this one opened the file
            except BlockingIOError:
                taken = silent
            yield taken
            if taken:
                path.unlink(missing_ok=True)
        finally:
            os.close(file)


def _is_file(path: Path, file: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file))
    return False


class PostgresLeases:
    """Leases of workers on any machine: a row and a session's advisory lock for each.

    Session locks do not pass through a connection pooler in transaction mode; connect to Postgres itself.
    """

    def __init__(self, engine: sa.Engine, silence: float = SILENCE) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._silence = silence
        self._own: tuple[str, sa.Connection] | None = None

    def hold(self, worker: str) -> None:
        """Take this worker's own lease."""
        connection = self._engine.connect()
        connection.execute(sa.select(sa.func.pg_advisory_lock(_key(worker))))
        connection.execute(workers.insert().values(id=worker, seen_at=sa.func.now()))
        self._own = (worker, connection)

    def beat(self) -> None:
        """Say that this worker lives, over the connection that holds the lock."""
        if self._own is None:
            raise LeaseLost
        worker, connection = self._own
        try:
            mine = workers.update().where(workers.c.id == worker).values(seen_at=sa.func.now())
            beaten = connection.execute(mine).rowcount
        except sa.exc.SQLAlchemyError as error:  # the connection is gone, and the lock with it
            raise LeaseLost from error
        if not beaten:
            raise LeaseLost

    def free(self) -> None:
        """Give this worker's own lease back."""
        if self._own is not None:
            worker, connection = self._own
            with suppress(sa.exc.SQLAlchemyError):
                connection.execute(workers.delete().where(workers.c.id == worker))
            with suppress(sa.exc.SQLAlchemyError):
                connection.invalidate()  # not back to the pool: the session holds the lock
            connection.close()
            self._own = None

    def known(self) -> set[str]:
        """Return the workers that have a lease."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(workers.c.id)).scalars())

    def dead(self) -> Iterator[str]:
        """Yield the dead workers."""
        own = self._own[0] if self._own else ""
        silent = workers.c.seen_at < sa.func.now() - sa.text(f"interval '{self._silence} seconds'")
        with self._engine.connect() as connection:
            others = connection.execute(sa.select(workers.c.id, silent).where(workers.c.id != own)).all()
            for worker, is_silent in others:
                key = _key(worker)
                locked = connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one()
                try:
                    row = connection.execute(sa.select(workers.c.id).where(workers.c.id == worker)).first()
                    if row is not None and (locked or is_silent):
                        yield worker
                        connection.execute(workers.delete().where(workers.c.id == worker))
                finally:
                    if locked:
                        connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))


def _key(worker: str) -> int:
    """The advisory lock's number: 64 signed bits."""
    return int.from_bytes(hashlib.sha256(worker.encode()).digest()[:8], "big", signed=True)
