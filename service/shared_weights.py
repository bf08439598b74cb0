"""The weights that several API processes serve from, in one piece of memory made before they are forked.

The first process that has loaded and verified a version copies its weights there; the others, which have verified their own
copy, find the same numbers and let the copy go. Nothing is ever changed or taken away: when the memory is full, which takes some
eight versions of the shipped size, later ones are kept by each process for itself, until the service is started anew.
"""

import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from model.arrays import Array

SIZE = 64 << 20
"""Bytes; what is not written takes no memory."""

ALIGNED = 64
"""Bytes of a line of the cache, at which each array begins."""

_HEADER = struct.Struct("=QQ")
"""How many entries there are, and where free memory begins."""

_ENTRY = struct.Struct("=64sQ")
"""A digest, and where the first of its arrays is."""

_MOST = 64
_FIRST = -(-(_HEADER.size + _MOST * _ENTRY.size) // ALIGNED) * ALIGNED


class SharedWeights:
    """Memory for weights; make it before forking.

    Args:
        size: bytes.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._file = os.memfd_create("numeral-weights")
        os.ftruncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)
        self._lock = threading.Lock()
        _HEADER.pack_into(self._memory, 0, 0, _FIRST)

    def place(self, digest: str, arrays: Sequence[Array]) -> Sequence[Array]:
        """Return the arrays of a version here; as they are, if there is no room or what is here is not the same."""
        key = digest.removeprefix("sha256:").encode()[:64]
        with self._locked():
            place = self._find(key)
            if place is None:
                place = self._add(key, arrays)
        if place is None:
            return arrays
        views = self._views(place, arrays)
        if not all(map(np.array_equal, views, arrays)):
            return arrays
        for view in views:
            view.flags.writeable = False
        return views

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep others out; the kernel lets go of the lock of a process that dies."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _find(self, key: bytes) -> int | None:
        count, _ = _HEADER.unpack_from(self._memory)
        entries = (_ENTRY.unpack_from(self._memory, _HEADER.size + i * _ENTRY.size) for i in range(count))
        return next((place for known, place in entries if known == key), None)

    def _add(self, key: bytes, arrays: Sequence[Array]) -> int | None:
        """Copy arrays behind the last ones; what a process leaves half done does not count, for the header comes last."""
        count, place = _HEADER.unpack_from(self._memory)
        end = place + sum(map(_room, arrays))
        if count == _MOST or end > len(self._memory):
            return None
        for view, array in zip(self._views(place, arrays), arrays, strict=True):
            np.copyto(view, array)
        _ENTRY.pack_into(self._memory, _HEADER.size + count * _ENTRY.size, key, place)
        _HEADER.pack_into(self._memory, 0, count + 1, end)
        return int(place)

    def _views(self, place: int, arrays: Sequence[Array]) -> list[Array]:
        """Return arrays of these shapes that lie one behind the other from a place on."""
        views: list[Array] = []
        for array in arrays:
            view = np.frombuffer(self._memory, np.float32, array.size, place)
            views.append(view.reshape(array.shape))
            place += _room(array)
        return views


def _room(array: Array) -> int:
    return -(-array.nbytes // ALIGNED) * ALIGNED
