"""Large pictures are decoded in threads of their own, and handed over together.

Who is done waits a few milliseconds for those that are decoded meanwhile: so the event loop wakes, and a forward pass fetches its
weights, once for several pictures. Where no file waits to be decoded, nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from service.priority import step_back

Decoded = TypeVar("Decoded")

TOGETHER = 0.008
"""Seconds, at most, that a picture waits for others once it is decoded."""

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
        self._done: deque[tuple[asyncio.Future[Decoded], Decoded | Exception]] = deque()
        self._announced = False

    async def decode(self, data: bytes) -> Decoded:
        """Return what becomes of a file; raises what decoding it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Decoded] = loop.create_future()
        self._files.append(_File(data, future))
        self._threads.submit(self._decode_one, loop)
        return await future

    def _decode_one(self, loop: asyncio.AbstractEventLoop) -> None:
        """Decode the file that has waited longest, in a thread."""
        file = self._files.popleft()
        self._done.append((file.future, self._outcome(file.data)))
        if not self._files:
            loop.call_soon_threadsafe(self._tell)
        elif (
            not self._announced
        ):  # two threads may find it so at once: then it is told twice, the second time nothing
            self._announced = True
            loop.call_soon_threadsafe(loop.call_later, TOGETHER, self._tell)

    def _outcome(self, data: bytes) -> Decoded | Exception:
        try:
            return self._decode(data)
        except Exception as error:  # noqa: BLE001 - whoever sent it hears of it
            return error

    def _tell(self) -> None:
        """Tell all whose pictures are done; those that come later are announced anew."""
        self._announced = False
        while self._done:
            future, outcome = self._done.popleft()
            if future.done():  # the client has gone
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
