"""What each version did, in memory that several API processes share.

Versions come and go while the memory stays as it was laid out, so every process gives each version it meets a slot of its
own row. Who asks adds up the slots of one version over the rows. The slots are few: versions that come when they
are all taken count together, as ``other``.
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from time import time

import numpy as np

SLOTS = 64
OTHER = "other"

_VERSION, _PICTURES, _PASSES, _REQUESTS, _FAILED, _LAST = range(6)
_SUCCESS, _FAIL, _QUEUE, _INPUT, _INFER, _OUTPUT = range(6, 12)
_WIDTH = 12
"""Values of a slot; the seconds of requests are those of the inference protocol, whose statistics they are for."""


@dataclass(frozen=True, slots=True)
class VersionCount:
    """What one version did since the service began; times in seconds, those of ``/v2`` requests.

    Attributes:
        version: its name, or ``other``.
        pictures: that it read, for whatever route.
        passes: forward passes.
        requests: inference requests of ``/v2`` that were answered, ``failed``, that were not.
        last: when the last one was answered, in seconds since 1970; 0 if none was.
    """

    version: str
    pictures: int = 0
    passes: int = 0
    requests: int = 0
    failed: int = 0
    last: float = 0.0
    success: float = 0.0
    fail: float = 0.0
    queue: float = 0.0
    input: float = 0.0
    infer: float = 0.0
    output: float = 0.0


class VersionCounts:
    """The slots of all processes; this process has the first row until ``take_row``."""

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        self._size = 1 + _WIDTH * (
            1 + SLOTS
        )  # the version that is current, then the slots, that of `other` first
        self._memory = mmap.mmap(-1, 8 * self._size * processes)
        self.take_row(0)

    def take_row(self, process: int) -> None:
        """Write to a row of its own from now on; what a process before wrote there stays."""
        size = 8 * self._size
        self._row = memoryview(self._memory)[process * size : (process + 1) * size].cast("d")
        self._row[0] = 0.0
        self._slots: dict[str, int] = {}
        for slot in range(1, SLOTS + 1):
            number = int(self._row[1 + slot * _WIDTH])
            if number:
                self._slots[str(number)] = 1 + slot * _WIDTH

    def _slot(self, version: str) -> int:
        place = self._slots.get(version)
        if place is None:
            used = len(self._slots) + 1
            place = 1 + used * _WIDTH if used <= SLOTS and version.isdecimal() else 1
            if place > 1:
                self._row[place + _VERSION] = float(version)
                self._slots[version] = place
        return place

    def serves(self, version: str) -> None:
        """Say which version this process serves now."""
        self._row[0] = float(version) if version.isdecimal() else 0.0

    def read(self, version: str, pictures: int) -> None:
        """Count a forward pass."""
        place = self._slot(version)
        self._row[place + _PICTURES] += pictures
        self._row[place + _PASSES] += 1.0

    def inferred(self, version: str, seconds: Sequence[float], total: float) -> None:
        """Count a request of ``/v2`` that was answered.

        Args:
            version: that answered.
            seconds: in each of the phases of ``service.exchange.PHASES``.
            total: from the request to the answer.
        """
        row, place = self._row, self._slot(version)
        receive, decode, normalise, queue, forward, encode = seconds
        row[place + _REQUESTS] += 1.0
        row[place + _LAST] = time()
        row[place + _SUCCESS] += total
        row[place + _QUEUE] += queue
        row[place + _INPUT] += receive + decode + normalise
        row[place + _INFER] += forward
        row[place + _OUTPUT] += encode

    def failed(self, version: str, total: float) -> None:
        """Count a request of ``/v2`` that was refused, and the seconds it took."""
        place = self._slot(version)
        self._row[place + _FAILED] += 1.0
        self._row[place + _FAIL] += total

    def counts(self) -> list[VersionCount]:
        """Return what every version did in all processes, the oldest version first."""
        rows = np.frombuffer(self._memory, np.float64).reshape(self._processes, self._size)
        found: dict[int, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
        for slot in rows[:, 1:].reshape(-1, _WIDTH):
            if slot[_PASSES] or slot[_FAILED]:
                number = int(slot[_VERSION])
                whole = slot + found.get(number, 0.0)
                whole[_LAST] = max(slot[_LAST], found[number][_LAST] if number in found else 0.0)
                found[number] = whole
        return [_count(number, values) for number, values in sorted(found.items())]

    def serving(self) -> dict[str, int]:
        """Return how many processes serve each version now."""
        rows = np.frombuffer(self._memory, np.float64).reshape(self._processes, self._size)
        numbers, processes = np.unique(rows[:, 0], return_counts=True)
        return {str(int(n)): int(count) for n, count in zip(numbers, processes, strict=True) if n}


def _count(number: int, values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> VersionCount:
    whole = [int(value) for value in values[_PICTURES : _FAILED + 1]]
    seconds = [float(value) for value in values[_LAST:_WIDTH]]
    return VersionCount(str(number) if number else OTHER, *whole, *seconds)
