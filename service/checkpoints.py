"""Where a job's checkpoints are kept: in the object store, so that any worker can go on from them."""

import re
from contextlib import suppress

from model.artifact import LARGEST_WEIGHTS, digest_of
from model.errors import StoreUnavailable
from model.store import Store

LARGEST_CHECKPOINT = 4 * LARGEST_WEIGHTS
"""Bytes of a checkpoint that is read: the weights, the optimiser's two moments and the average."""

_NAME = re.compile(r"([0-9]+)-[0-9]+\.checkpoint")


class Checkpoints:
    """The checkpoints of one attempt at a job. Every attempt has names of its own, so none can spoil another's."""

    def __init__(self, store: Store, job_id: str, attempt: int) -> None:
        self._store, self._folder, self._attempt, self._number = store, f"jobs/{job_id}", attempt, 0

    def write(self, data: bytes) -> tuple[str, str]:
        """Keep a checkpoint and return its path and digest.

        Raises:
            StoreUnavailable: the store could not be reached or has no room.
        """
        self._number += 1
        path = f"{self._folder}/{self._attempt}-{self._number}.checkpoint"
        self._store.replace(path, data)
        return path, digest_of(data)

    def read(self, path: str, digest: str) -> bytes | None:
        """Return a checkpoint; None if it is gone or damaged, and the training must begin anew.

        Raises:
            StoreUnavailable: the store could not be reached.
        """
        data = self._store.read(path, LARGEST_CHECKPOINT)
        return data if data is not None and digest_of(data) == digest else None

    def keep_only(self, path: str | None) -> None:
        """Delete the job's other checkpoints, except those of newer attempts; what cannot be deleted now stays."""
        kept = path.rsplit("/", 1)[-1] if path else None
        with suppress(StoreUnavailable):
            for name in list(self._store.names(self._folder)):
                named = _NAME.fullmatch(name)
                if named and int(named[1]) <= self._attempt and name != kept:
                    self._store.delete(f"{self._folder}/{name}")
