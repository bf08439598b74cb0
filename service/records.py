"""Jobs and examples as the API reaches them: the database is opened when it is first needed."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from model.store import Store
from service.record_errors import DatabaseUnavailable
from service.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.examples import Examples
    from service.jobs import Jobs


Result = TypeVar("Result")

THREADS = 4
"""That wait for the database on behalf of the event loop: threads of its own, so that nothing but records waits with them."""


class Records:
    """What the API asks of the database; safe to share between threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store, self._lock = settings, store, Lock()
        self._threads = ThreadPoolExecutor(THREADS, "records")

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Return what a function returns that waits for the database; the event loop goes on meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @contextmanager
    def jobs(self) -> "Iterator[Jobs]":
        """The training jobs.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with self._answering():
            yield self._jobs

    @contextmanager
    def examples(self) -> "Iterator[Examples]":
        """The examples.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with self._answering():
            yield self._examples

    @contextmanager
    def _answering(self) -> Iterator[None]:
        from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
        from sqlalchemy.exc import TimeoutError as PoolTimeout

        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise DatabaseUnavailable from error
        except DatabaseError as error:
            if type(error) is not DatabaseError:  # the others are mistakes of ours
                raise
            raise DatabaseUnavailable from error  # a damaged file

    @cached_property
    def _jobs(self) -> "Jobs":
        from service.jobs import Jobs, Limits
        from service.queue import Enqueuer

        limits = Limits(self._settings.queued_jobs, self._settings.queued_jobs_per_key)
        return Jobs(self._engine, Enqueuer(self._engine), limits)

    @cached_property
    def _examples(self) -> "Examples":
        from service.examples import Examples

        return Examples(self._engine, self._store)

    def close(self) -> None:
        """Let go of the database, if it was opened, and let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if "_opened" in self.__dict__:
            self._opened.dispose()

    @property
    def _engine(self) -> "sa.Engine":
        with self._lock:
            return self._opened

    @cached_property
    def _opened(self) -> "sa.Engine":
        from service.database import open_database

        return open_database(self._settings.database)


def records_of(request: Request) -> Records:
    """Return the records of the application that got this request; a FastAPI dependency."""
    records: Records = request.app.state.records
    return records
