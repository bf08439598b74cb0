"""Requests that arrive in the same turn of the event loop share one forward pass.

There is no timer: the pass runs as soon as all that had arrived is decoded, so nobody waits for anybody. A request that
is alone does not even take that turn.
"""

import asyncio
from collections.abc import Callable, Sequence, Sized
from time import perf_counter

import numpy as np

from model.arrays import Pixels
from model.pixels import Normalised
from model.predictor import Predictor, Reading
from service.pictures import Prepared

LARGEST = 64
"""Pictures in one pass; more are read in several, so that nobody waits long."""

FEW = 3
"""So few pictures are read one after the other: a matrix product of two or three rows takes longer than as many of one."""

_Waiting = tuple[Pixels, Normalised | None, "asyncio.Future[tuple[Reading, float, float]]", float]


class Batcher:
    """Collects pictures by network; belongs to one event loop.

    Args:
        observe: is shown every pass: the network, the pixels and the readings.
        queued: is told how many pictures came to wait for a pass, or left.

    Attributes:
        crowd: what is being answered, such as the server's tasks; with one in it a picture is read at once.
    """

    def __init__(
        self,
        observe: Callable[[Predictor, Pixels, list[Reading]], None],
        queued: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.crowd: Sized | None = None
        self._observe, self._queued = observe, queued
        self._waiting: dict[Predictor, list[_Waiting]] = {}

    async def read(
        self, predictor: Predictor, pixels: Pixels, normalised: Normalised | None
    ) -> tuple[Reading, float, float]:
        """Read one picture; return the reading, seconds waited and seconds of the pass.

        A caller gets its own row whatever else shares the pass. Alone, a picture always gives the same bits; in company
        its activations differ by at most 1e-6, because sums are then added up in another order.
        """
        began = perf_counter()
        if self.crowd is not None and len(self.crowd) <= 1 and not self._waiting:
            row = pixels.reshape(1, -1)
            readings = predictor.read(row, [normalised])
            taken = perf_counter() - began
            self._observe(predictor, row, readings)
            return readings[0], 0.0, taken
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[Reading, float, float]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._run)
        self._waiting.setdefault(predictor, []).append((pixels, normalised, future, began))
        self._queued(1)
        return await future

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
            read = _read(predictor, rows, normalised[start : start + LARGEST])
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
        try:
            pixels = np.stack([entry[0] for entry in entries])
            readings = _read(predictor, pixels, [entry[1] for entry in entries])
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            for _, _, future, _ in entries:
                if not future.done():
                    future.set_exception(error)
            return
        taken = perf_counter() - start
        for (_, _, future, began), reading in zip(entries, readings, strict=True):
            if not future.done():
                future.set_result((reading, start - began, taken))
        self._observe(predictor, pixels, readings)


def _read(predictor: Predictor, pixels: Pixels, normalised: list[Normalised | None]) -> list[Reading]:
    if len(pixels) > FEW:
        return predictor.read(pixels, normalised)
    return [predictor.read(pixels[i : i + 1], [found])[0] for i, found in enumerate(normalised)]
