"""Requests that arrive in the same turn of the event loop are decoded, normalised and read together.

There is no timer: the pass runs one turn later, when all that arrived while others were answered has joined, so nobody
waits for anybody. Without that turn clients fall into two groups that are read by turns, each in half a batch. One picture
that is alone takes no turn at all.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from itertools import chain, islice
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import numpy as np

from model.arrays import Pixels
from model.pixels import Normalised
from model.predictor import Predictor, Reading
from service.bodies import Submission
from service.pictures import Pictures, Prepared, is_small

Told = TypeVar("Told")

log = logging.getLogger("numeral.batching")

LARGEST = 64
"""Pictures in one pass; more are read in several, so that nobody waits long."""

PART = LARGEST // 2
"""Pictures of one request that are read in the same pass at least. So much is kept free for them while others bring one each."""

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


class Outcomes(NamedTuple):
    """Pictures of one request, read.

    Attributes:
        readings: what they say, in their order.
        waited: seconds until the passes began, and ``taken``, that they took.
    """

    readings: list[Reading]
    waited: float
    taken: float


class _Single(NamedTuple):
    """A small picture file, or one that is prepared already, and who waits for it."""

    picture: bytes | Prepared
    future: "asyncio.Future[Outcome]"
    began: float


class _Group(NamedTuple):
    """Rows of a request that brought several, at most ``PART``, and who waits for them."""

    pixels: Pixels
    normalised: list[Normalised | None]
    future: "asyncio.Future[Outcomes]"
    began: float


class _Queue(NamedTuple):
    """What waits for a network."""

    singles: list[_Single]
    groups: list[_Group]

    def next_pass(self) -> "_Queue":
        """Take out what the next pass reads, ``LARGEST`` pictures at most: those who brought one first, and some of the others."""
        most = PART if self.groups else LARGEST
        singles, self.singles[:] = self.singles[:most], self.singles[most:]
        rows, count = len(singles), 0
        for group in self.groups:
            rows += len(group.pixels)
            if rows > LARGEST:
                break
            count += 1
        groups, self.groups[:] = self.groups[:count], self.groups[count:]
        return _Queue(singles, groups)

    @property
    def pictures(self) -> int:
        """How many there are."""
        return len(self.singles) + sum(len(group.pixels) for group in self.groups)

    @property
    def futures(self) -> "list[asyncio.Future[Any]]":
        """Of all who wait."""
        return [*(single.future for single in self.singles), *(group.future for group in self.groups)]


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
        self._waiting: dict[Predictor, _Queue] = {}

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
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue(predictor).singles.append(_Single(picture, future, began))
        self._queued(1)
        return await future

    def _queue(self, predictor: Predictor) -> _Queue:
        """Return the queue for a network; the first who waits has the pass run."""
        if not self._waiting:
            _next_turn(self._run)
        return self._waiting.setdefault(predictor, _Queue([], []))

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

    async def read_all(self, predictor: Predictor, prepared: Sequence[Prepared]) -> Outcomes:
        """Read the pictures of one request, as ``read_rows`` does."""
        if not prepared:
            return Outcomes([], 0.0, 0.0)
        pixels = np.stack([entry.pixels for entry in prepared])
        return await self.read_rows(predictor, pixels, [entry.normalised for entry in prepared])

    async def read_rows(
        self, predictor: Predictor, pixels: Pixels, normalised: list[Normalised | None]
    ) -> Outcomes:
        """Read (batch, 784) pixels of one request, together with those of others, who have a turn after each pass."""
        readings: list[Reading] = []
        waited = taken = 0.0
        for start in range(0, len(pixels), LARGEST):
            futures = [
                self._part(predictor, pixels[begin : begin + PART], normalised[begin : begin + PART])
                for begin in range(start, min(start + LARGEST, len(pixels)), PART)
            ]
            parts = [await future for future in futures]  # gather would take a turn more
            readings += chain.from_iterable(part.readings for part in parts)
            waited += max(part.waited for part in parts)
            taken += max(part.taken for part in parts)  # mostly of the same pass
        return Outcomes(readings, waited, taken)

    def _part(
        self, predictor: Predictor, pixels: Pixels, normalised: list[Normalised | None]
    ) -> "asyncio.Future[Outcomes]":
        future: asyncio.Future[Outcomes] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_heard)
        self._queue(predictor).groups.append(_Group(pixels, normalised, future, perf_counter()))
        self._queued(len(pixels))
        return future

    def _run(self) -> None:
        """Run a pass for each network that is waited for, and have what it could not take read one turn later."""
        passes = [(predictor, queue.next_pass()) for predictor, queue in self._waiting.items()]
        self._waiting = {predictor: queue for predictor, queue in self._waiting.items() if any(queue)}
        if self._waiting:
            _next_turn(self._run)
        self._queued(-sum(queue.pictures for _, queue in passes))
        for predictor, queue in passes:
            try:
                self._pass(predictor, queue)
            except Exception as error:
                log.exception("a pass of %d pictures failed", queue.pictures)
                for future in queue.futures:
                    _fail(future, error)

    def _pass(self, predictor: Predictor, queue: _Queue) -> None:
        start = perf_counter()
        singles, prepared = self._prepared(queue.singles)
        rows = [entry.pixels.reshape(1, -1) for entry in prepared] + [group.pixels for group in queue.groups]
        if not rows:
            return
        found = [entry.normalised for entry in prepared]
        found += chain.from_iterable(group.normalised for group in queue.groups)
        ready = perf_counter()
        pixels = rows[0] if len(rows) == 1 else np.concatenate(rows)
        readings = _read_rows(predictor, pixels, found)
        taken = perf_counter() - ready
        read = iter(readings)
        for single, picture in zip(singles, prepared, strict=True):
            # Who brought pixels waits until the files of the others are decoded.
            began = start if isinstance(single.picture, bytes) else ready
            _tell(single.future, Outcome(next(read), began - single.began, taken, picture))
        for group in queue.groups:
            own = list(islice(read, len(group.pixels)))
            _tell(group.future, Outcomes(own, ready - group.began, taken))
        self._observe(predictor, pixels, readings)

    def _prepared(self, entries: list[_Single]) -> tuple[list[_Single], list[Prepared]]:
        """Decode and normalise what is not yet; return those it succeeded for, and tell the others why not."""
        files = [entry.picture for entry in entries if isinstance(entry.picture, bytes)]
        found = iter(self._pictures.prepare_together(files))
        good: list[_Single] = []
        prepared: list[Prepared] = []
        for entry in entries:
            picture = next(found) if isinstance(entry.picture, bytes) else entry.picture
            if isinstance(picture, Prepared):
                good.append(entry)
                prepared.append(picture)
            else:
                _fail(entry.future, picture)
        return good, prepared


def _next_turn(run: Callable[[], None]) -> None:
    """Call it once those who are told now have gone on, and what came meanwhile has been taken in."""
    loop = asyncio.get_running_loop()
    loop.call_soon(loop.call_soon, run)


def _heard(future: "asyncio.Future[Outcomes]") -> None:
    """Let an error of a part be: its request may have heard of another's, and ask no more."""
    if not future.cancelled():
        future.exception()


def _tell(future: "asyncio.Future[Told]", outcome: Told) -> None:
    if not future.done():  # or the client has gone
        future.set_result(outcome)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _read_rows(predictor: Predictor, pixels: Pixels, normalised: list[Normalised | None]) -> list[Reading]:
    """Read them together, or, where it is quicker, a few one after the other."""
    if len(pixels) > FEW:
        return predictor.read(pixels, normalised)
    return [predictor.read(pixels[i : i + 1], [found])[0] for i, found in enumerate(normalised)]
