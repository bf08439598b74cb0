"""Picture files become the 28x28 that the network reads: small ones at once, large ones in a few threads of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from struct import Struct
from time import perf_counter
from typing import TypeVar

from model import images, pixels
from model.arrays import Bytes, Pixels
from model.images import Picture
from model.pixels import Normalised
from service.bodies import Submission
from service.decoders import NICENESS, Decoders
from service.errors import Overloaded
from service.priority import step_back

Sent = TypeVar("Sent")
Result = TypeVar("Result")

TURN = 16
"""Pictures of one request after which others get a turn."""

SMALL_BYTES = 16_384
SMALL_SIDE = 128
MOST_WAITING = 64
_PNG_SIZE = Struct(">II").unpack_from


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture ready for the network.

    Attributes:
        pixels: (784,) 0 paper to 255 ink.
        picture: as it was decoded, and ``normalised``, what was found in it; None when pixels came as they are.
        decode: seconds that decoding took, and ``normalise``, that normalising took.
        waited: seconds until it was decoded, and until who asked heard of it.
    """

    pixels: Pixels
    picture: Picture | None
    normalised: Normalised | None
    decode: float = 0.0
    normalise: float = 0.0
    waited: float = 0.0


class Pictures:
    """Decodes and normalises, without letting large pictures hold up small ones.

    Args:
        max_pixels: that a picture may have.
        threads: that decode large pictures.
        queued: is told how many large pictures came, or are done.
    """

    def __init__(self, max_pixels: int, threads: int, queued: Callable[[int], None] = lambda _: None) -> None:
        self._max_pixels, self._queued = max_pixels, queued
        self._decoders = Decoders(threads, self.prepare_now)
        self._bulk = ThreadPoolExecutor(1, "bulk", initializer=step_back, initargs=(NICENESS,))
        self.waiting = 0

    async def prepare(self, submission: Submission) -> Prepared:
        """Return what the network needs of one picture.

        Raises:
            ImageError: the bytes are no picture we read.
            Overloaded: too many large pictures are waiting.
        """
        if submission.pixels is not None:
            return Prepared(submission.pixels, None, None)
        data = submission.image or b""
        if is_small(data):
            return self.prepare_now(data)
        return await self._later(data)

    def prepare_now(self, data: bytes) -> Prepared:
        """Decode and normalise in the thread that asks."""
        start = perf_counter()
        picture = images.decode(data, max_pixels=self._max_pixels)
        decoded = perf_counter()
        found = pixels.normalise(picture.grey)
        return Prepared(found.pixels.reshape(-1), picture, found, decoded - start, perf_counter() - decoded)

    def prepare_together(self, files: Sequence[bytes]) -> list[Prepared | Exception]:
        """Decode and normalise small pictures together, each as if it were alone; one that cannot be read is its error.

        The seconds of each are those of all: they had to wait for one another.
        """
        start = perf_counter()
        pictures = [self._decoded(data) for data in files]
        decoded = perf_counter()
        normalised = iter(_normalised([entry.grey for entry in pictures if isinstance(entry, Picture)]))
        decode, normalise = decoded - start, perf_counter() - decoded
        results: list[Prepared | Exception] = []
        for picture in pictures:
            found = next(normalised) if isinstance(picture, Picture) else picture
            if isinstance(picture, Picture) and isinstance(found, Normalised):
                results.append(Prepared(found.pixels.reshape(-1), picture, found, decode, normalise))
            elif isinstance(found, Exception):
                results.append(found)
        return results

    def _decoded(self, data: bytes) -> Picture | Exception:
        try:
            return images.decode(data, max_pixels=self._max_pixels)
        except Exception as error:  # noqa: BLE001 - whoever sent it hears of it
            return error

    async def _later(self, data: bytes) -> Prepared:
        if self.waiting >= MOST_WAITING:
            raise Overloaded(f"expected fewer than {MOST_WAITING} large pictures at once, got more")
        self.waiting += 1
        self._queued(1)
        began = perf_counter()
        try:
            found = await self._decoders.decode(data)
        finally:
            self.waiting -= 1
            self._queued(-1)
        return replace(found, waited=perf_counter() - began - found.decode - found.normalise)

    async def in_bulk(self, work: Callable[[], Result]) -> Result:
        """Return what a function returns that decodes many pictures, in the one thread there is for that."""
        return await asyncio.get_running_loop().run_in_executor(self._bulk, work)

    def close(self) -> None:
        """Let the threads end."""
        self._decoders.close()
        self._bulk.shutdown(wait=False, cancel_futures=True)


async def in_turns(
    prepare: Callable[[int, Sent], Awaitable[Result]], pictures: Sequence[Sent]
) -> list[Result]:
    """Return what becomes of the pictures of one request, in order; large ones one by one, so that it fills no queue.

    Args:
        prepare: is given the number of a picture, counted from 1, and the picture.
        pictures: as they were sent.
    """
    results: list[Result] = []
    for number, picture in enumerate(pictures, 1):
        results.append(await prepare(number, picture))
        if number % TURN == 0:
            await asyncio.sleep(0)
    return results


def _normalised(greys: Sequence[Bytes]) -> Sequence[Normalised | Exception]:
    try:
        return pixels.normalise_all(greys)
    except Exception as error:  # noqa: BLE001 - a picture that breaks the normaliser breaks no others
        if len(greys) == 1:
            return [error]
        return [found for grey in greys for found in _normalised([grey])]


def is_small(data: bytes) -> bool:
    """Whether decoding takes less than handing it to a thread and back; judged by the header where that is cheap."""
    if len(data) > SMALL_BYTES:
        return False
    if data[:4] == b"\x89PNG" and len(data) > 24:
        width, height = _PNG_SIZE(data, 16)
        return bool(width <= SMALL_SIDE and height <= SMALL_SIDE)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return max(int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")) <= SMALL_SIDE
    if data.startswith(b"BM"):
        return max(int.from_bytes(data[18:22], "little"), int.from_bytes(data[22:26], "little")) <= SMALL_SIDE
    return len(data) < 32
