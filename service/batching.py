"""Requests that arrive in the same turn of the event loop are decoded, normalised and read together.

There is no timer: the pass runs one turn later, when all that arrived while others were answered has joined, so nobody
waits for anybody. Without that turn clients fall into two groups that are read by turns, each in half a batch. A request
that is alone takes no turn at all.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from model.arrays import Pixels
from model.pixels import Normalised
from model.predictor import Predictor, Reading
from service.bodies import Submission
from service.pictures import Pictures, Prepared, is_small

LARGEST = 64
"""Pictures in one pass; more are read in several, so that nobody waits long."""

JUST_ANSWERED = 2
"""Finished requests that may still be in ``crowd`` beside ours; with more entries we do not check whether we are alone."""

FEW = 3
"""So few are read one after the other: a product of two or three rows takes longer than as many of one."""


class Outcome(NamedTuple):
    """One picture, read.

    Attributes:
        reading: what it says.
        waited: seconds until the pass began.
        taken: seconds that the forward pass took.
        prepared: the picture as the network saw it.
    """

    reading: Reading
    waited: float
    taken: float
    prepared: Prepared


class _Waiting(NamedTuple):
    """A small picture file, or one that is prepared already, and who waits for it."""

    picture: bytes | Prepared
    future: "asyncio.Future[Outcome]"
    began: float


class Batcher:
    """Collects pictures by network; belongs to one event loop.

    Args:
        pictures: decodes and normalises.
        observe: is shown every pass: the network, the pixels and the readings.
        queued: is told how many pictures came to wait for a pass, or left.

    Attributes:
        crowd: the server's tasks, one for each request; where only one is not done, its picture is read at once.
    """

    def __init__(
        self,
        pictures: Pictures,
        observe: Callable[[Predictor, Pixels, list[Reading]], None],
        queued: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.crowd: Collection[asyncio.Task[None]] | None = None
        self._pictures, self._observe, self._queued = pictures, observe, queued
        self._waiting: dict[Predictor, list[_Waiting]] = {}

    async def submit(self, predictor: Predictor, submission: Submission) -> Outcome:
        """Read the picture of a request as it was sent; a large one is decoded elsewhere before it joins the others.

        Raises:
            ImageError: the bytes are no picture we read; nobody who shares the pass hears of it.
            Overloaded: too many large pictures are waiting.
        """
        if submission.image is not None and is_small(submission.image):
            return await self._read(predictor, submission.image)
        return await self._read(predictor, await self._pictures.prepare(submission))

    async def read(self, predictor: Predictor, pixels: Pixels, normalised: Normalised | None) -> Outcome:
        """Read one picture of (784,) pixels."""
        return await self._read(predictor, Prepared(pixels, None, normalised))

    async def _read(self, predictor: Predictor, picture: bytes | Prepared) -> Outcome:
        """Read one picture.

        A caller gets its own row whatever else shares the pass. Alone, a picture always gives the same bits; in company
        its activations differ by less than 1e-6, because sums are then added up in another order.
        """
        began = perf_counter()
        if not self._waiting and self._is_alone():
            return self._read_alone(predictor, picture)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        if not self._waiting:
            loop.call_soon(loop.call_soon, self._run)
        self._waiting.setdefault(predictor, []).append(_Waiting(picture, future, began))
        self._queued(1)
        return await future

    def _is_alone(self) -> bool:
        """Whether no other request is being answered; one just answered is still in the crowd when a quick client asks again."""
        crowd = self.crowd
        if crowd is None or len(crowd) > 1 + JUST_ANSWERED:
            return False
        return len(crowd) <= 1 or sum(not task.done() for task in crowd) <= 1

    def _read_alone(self, predictor: Predictor, picture: bytes | Prepared) -> Outcome:
        prepared = picture if isinstance(picture, Prepared) else self._pictures.prepare_now(picture)
        start = perf_counter()
        row = prepared.pixels.reshape(1, -1)
        readings = predictor.read(row, [prepared.normalised])
        taken = perf_counter() - start
        self._observe(predictor, row, readings)
        return Outcome(readings[0], 0.0, taken, prepared)

    async def read_all(self, predictor: Predictor, prepared: Sequence[Prepared]) -> list[Reading]:
        """Read the pictures of one request, letting others have a turn after each pass."""
        if not prepared:
            return []
        pixels = np.stack([entry.pixels for entry in prepared])
        return await self.read_rows(predictor, pixels, [entry.normalised for entry in prepared])

    async def read_rows(
        self, predictor: Predictor, pixels: Pixels, normalised: list[Normalised | None]
    ) -> list[Reading]:
        """Read (batch, 784) pixels of one request, letting others have a turn after each pass."""
        readings: list[Reading] = []
        for start in range(0, len(pixels), LARGEST):
            rows = pixels[start : start + LARGEST]
            read = _read_rows(predictor, rows, normalised[start : start + LARGEST])
            self._observe(predictor, rows, read)
            readings += read
            await asyncio.sleep(0)
        return readings

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for predictor, entries in waiting.items():
            self._queued(-len(entries))
            for start in range(0, len(entries), LARGEST):
                self._pass(predictor, entries[start : start + LARGEST])

    def _pass(self, predictor: Predictor, entries: list[_Waiting]) -> None:
        start = perf_counter()
        entries, prepared = self._prepared(entries)
        if not entries:
            return
        ready = perf_counter()
        try:
            pixels = np.stack([entry.pixels for entry in prepared])
            readings = _read_rows(predictor, pixels, [entry.normalised for entry in prepared])
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            for entry in entries:
                _fail(entry, error)
            return
        taken = perf_counter() - ready
        for (_, future, began), reading, picture in zip(entries, readings, prepared, strict=True):
            if not future.done():
                future.set_result(Outcome(reading, start - began, taken, picture))
        self._observe(predictor, pixels, readings)

    def _prepared(self, entries: list[_Waiting]) -> tuple[list[_Waiting], list[Prepared]]:
        """Decode and normalise what is not yet; return those it succeeded for, and tell the others why not."""
        files = [entry.picture for entry in entries if isinstance(entry.picture, bytes)]
        found = iter(self._pictures.prepare_together(files))
        good: list[_Waiting] = []
        prepared: list[Prepared] = []
        for entry in entries:
            picture = next(found) if isinstance(entry.picture, bytes) else entry.picture
            if isinstance(picture, Prepared):
                good.append(entry)
                prepared.append(picture)
            else:
                _fail(entry, picture)
        return good, prepared


def _fail(entry: _Waiting, error: Exception) -> None:
    if not entry.future.done():
        entry.future.set_exception(error)


def _read_rows(predictor: Predictor, pixels: Pixels, normalised: list[Normalised | None]) -> list[Reading]:
    """Read them together, or, where it is quicker, a few one after the other."""
    if len(pixels) > FEW:
        return predictor.read(pixels, normalised)
    return [predictor.read(pixels[i : i + 1], [found])[0] for i, found in enumerate(normalised)]
