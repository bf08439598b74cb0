"""Jobs and examples as the API reaches them: the database is opened when it is first needed."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from model.store import Store
from service.record_errors import DatabaseUnavailable, RecordError
from service.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from service.examples import Examples
    from service.jobs import Jobs

Result = TypeVar("Result")

log = logging.getLogger("numeral.records")

THREADS = 4
"""That wait for the database on behalf of the event loop: threads of its own, so that nothing but records waits with them."""


class Records:
    """What the API asks of the database; safe to share between threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store, self._lock = settings, store, Lock()
        self._threads = ThreadPoolExecutor(THREADS, "records")
        self._problem: str | None = None

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Return what a function returns that waits for the database; the event loop goes on meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def look(self) -> None:
        """Open the database in a thread, so that the log says at once if it cannot be."""
        with suppress(RuntimeError):  # on the way out there is nothing to say any more
            self._threads.submit(self._look)

    def _look(self) -> None:
        with suppress(DatabaseUnavailable), self._answering():
            self._engine  # noqa: B018 - the property does the work

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
        try:
            yield
        except RecordError as error:
            self._say_problem(error if isinstance(error, DatabaseUnavailable) else None)
            raise
        except Exception as error:
            from service.database import unavailable

            problem = unavailable(error)
            if problem is None:
                raise
            self._say_problem(problem, error)
            raise problem from error
        self._say_problem(None)

    def _say_problem(self, problem: DatabaseUnavailable | None, error: Exception | None = None) -> None:
        """Log what is wrong with the database when that changes, however often it is asked."""
        said = None if problem is None else str(problem)
        if said == self._problem:
            return
        self._problem = said
        if problem is None:
            log.info("the database answers again")
        else:
            from service.database import cause

            log.error("%s (%s)", problem, cause(error or problem.__cause__))

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
