"""The events of jobs as they happen, looked up once for all who follow a job, however many they are."""

import asyncio
from collections.abc import Sequence
from math import inf
from threading import Lock
from time import monotonic
from weakref import WeakValueDictionary

import orjson

from service.job_states import ENDED
from service.records import Records

LOOK_SECONDS = 0.25
"""Between two looks for new events."""


class Feed:
    """The events of one job, in the order of their numbers, which begin at 1."""

    def __init__(self, records: Records, job_id: str) -> None:
        self._records, self._job_id = records, job_id
        self._lock, self._looking = asyncio.Lock(), Lock()
        self._events: list[bytes] = []
        self._ended, self._looked = False, -inf

    async def after(self, number: int) -> tuple[Sequence[bytes], bool]:
        """Return the events after a number, each a JSON document, and whether the job had ended before they were read.

        Raises:
            JobNotFound: there is none with this id.
            DatabaseUnavailable: the database does not answer.
        """
        async with self._lock:
            if monotonic() - self._looked >= LOOK_SECONDS:
                await self._records.in_thread(self._look)
                self._looked = monotonic()
        return self._events[number:], self._ended

    def _look(self) -> None:
        # Whoever asked may have left, and the next be looking already.
        with self._looking, self._records.jobs() as jobs:
            ended = jobs.get(self._job_id).state in ENDED
            self._events += [orjson.dumps(job) for _, job in jobs.events(self._job_id, len(self._events))]
            self._ended = ended


class Feeds:
    """The feeds that somebody follows."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._feeds: WeakValueDictionary[str, Feed] = WeakValueDictionary()

    def of(self, job_id: str) -> Feed:
        """Return the feed of a job."""
        return self._feeds.setdefault(job_id, Feed(self._records, job_id))
