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
        self._is_readable = False  # in spite of the problem

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
    def jobs(self, *, writing: bool = False) -> "Iterator[Jobs]":
        """The training jobs.

        Args:
            writing: something is to be changed.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with self._answering(writing=writing):
            yield self._jobs

    @contextmanager
    def examples(self, *, writing: bool = False) -> "Iterator[Examples]":
        """The examples.

        Args:
            writing: something is to be changed.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with self._answering(writing=writing):
            yield self._examples

    @contextmanager
    def _answering(self, *, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except DatabaseUnavailable as error:
            self._say_problem(error)
            raise
        except RecordError:
            self._say_answer(writing=False)  # it was said before anything was written
            raise
        except Exception as error:
            from service.database import unavailable

            problem = unavailable(error)
            if problem is None:
                raise
            self._say_problem(problem, error)
            raise problem from error
        self._say_answer(writing=writing)

    def _say_problem(self, problem: DatabaseUnavailable, error: Exception | None = None) -> None:
        """Log what is wrong with the database when that changes, however often it is asked."""
        if str(problem) != self._problem:
            self._problem, self._is_readable = str(problem), problem.readable
            from service.database import cause

            log.error("%s (%s)", problem, cause(error or problem.__cause__))

    def _say_answer(self, *, writing: bool) -> None:
        """Log that what was wrong is over; that a database can be written is not told by reading it."""
        if self._problem is not None and (writing or not self._is_readable):
            self._problem = None
            log.info("the database answers again")

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
