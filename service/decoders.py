"""Large pictures are decoded in threads of their own, and handed over in rounds.

A thread goes on with what waits for a few milliseconds before it hands over what it has: so the event loop wakes, and a forward
pass fetches its weights, once for several pictures. Nobody waits for pictures that have not come yet.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Generic, NamedTuple, TypeVar

from service.priority import step_back

Decoded = TypeVar("Decoded")

ROUND = 0.008
"""Seconds after which a round takes no further file."""

SHORT = 1 << 18
"""Bytes of a file that a round may go on with; a longer one begins a round, as the others would wait long for it."""

NICENESS = 5
"""Of the threads, so that the one that answers small pictures goes first."""


class _File(NamedTuple, Generic[Decoded]):
    """A picture file, and who waits for it."""

    data: bytes
    future: "asyncio.Future[Decoded]"


class Decoders(Generic[Decoded]):
    """Threads that decode; belongs to one event loop.

    Args:
        threads: how many.
        decode: is called in one of them with the bytes of a file.
    """

    def __init__(self, threads: int, decode: Callable[[bytes], Decoded]) -> None:
        self._decode = decode
        self._threads = ThreadPoolExecutor(threads, "decoder", initializer=step_back, initargs=(NICENESS,))
        self._files: deque[_File[Decoded]] = deque()

    async def decode(self, data: bytes) -> Decoded:
        """Return what becomes of a file; raises what decoding it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Decoded] = loop.create_future()
        self._files.append(_File(data, future))
        self._threads.submit(
            self._round, loop
        )  # one for each file: another round may take it first, none is left
        return await future

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        """Decode what waits, one after the other, until the round is over; then tell the loop."""
        ends = perf_counter() + ROUND
        done: list[tuple[asyncio.Future[Decoded], Decoded | Exception]] = []
        while (file := self._next(first=not done)) is not None:
            done.append((file.future, self._outcome(file.data)))
            if perf_counter() >= ends:
                break
        if done:
            loop.call_soon_threadsafe(_tell, done)

    def _next(self, *, first: bool) -> "_File[Decoded] | None":
        """Take the file that has waited longest; None where there is none, or one that begins a round of its own."""
        try:
            file = self._files.popleft()
        except IndexError:
            return None
        if first or len(file.data) <= SHORT:
            return file
        self._files.appendleft(file)
        return None

    def _outcome(self, data: bytes) -> Decoded | Exception:
        try:
            return self._decode(data)
        except Exception as error:  # noqa: BLE001 - whoever sent it hears of it
            return error

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _tell(done: "list[tuple[asyncio.Future[Decoded], Decoded | Exception]]") -> None:
    for future, outcome in done:
        if future.done():  # the client has gone
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
