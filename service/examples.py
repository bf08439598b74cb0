"""Corrected pictures that users give, for later training: labels and pixels in the database, originals in the store."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from model.arrays import Bytes
from model.dataset import Dataset
from model.losses import DIGITS
from model.network import PIXELS
from model.store import Store
from service.database import examples, now

LARGEST_ORIGINAL = 1 << 26
"""Bytes of an original that are read back."""


class ExampleNotFound(Exception):
    """There is no example with this id."""

    def __init__(self) -> None:
        super().__init__("expected the id of an example, got an unknown one")


@dataclass(frozen=True, slots=True)
class Example:
    """A picture and the digit it shows.

    Attributes:
        pixels: (784,) uint8 as the network sees it, 0 paper to 255 ink.
        label: 0 to 9.
        original: the picture as it was sent; None when it came as pixels.
    """

    pixels: Bytes
    label: int
    original: bytes | None = None

    @property
    def id(self) -> str:
        """Named by its pixels: the same picture has the same id in whatever form it came."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()[:32]


class Examples:
    """All examples; safe to share between threads, and between processes that share database and store."""

    def __init__(self, engine: sa.Engine, store: Store) -> None:
        self._engine, self._store = engine, store

    def add(self, new: Iterable[Example]) -> list[bool]:
        """Keep examples, durably, and return for each whether it was unknown. Of a known one the new label holds.

        Raises:
            StoreUnavailable: an original could not be kept; none of these examples is kept then.
        """
        rows = [self._row(example) for example in new]
        with self._engine.begin() as connection:
            return [_keep(connection, row) for row in rows]

    def _row(self, example: Example) -> dict[str, Any]:
        path = None
        if example.original is not None and not self._has_original(example.id):
            path = f"examples/{example.id}/{hashlib.sha256(example.original).hexdigest()}"
            self._store.replace(path, example.original)
        pixels, time = example.pixels.tobytes(), now()
        return {
            "id": example.id,
            "label": example.label,
            "pixels": pixels,
            "original": path,
            "created_at": time,
            "updated_at": time,
        }

    def _has_original(self, example_id: str) -> bool:
        query = sa.select(examples.c.original).where(examples.c.id == example_id)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() is not None

    def count(self) -> dict[str, Any]:
        """Return ``{"total": n, "per_label": {"0": n, …}}``."""
        query = sa.select(examples.c.label, sa.func.count()).group_by(examples.c.label)
        with self._engine.connect() as connection:
            counts: dict[int, int] = dict(connection.execute(query).tuples().all())
        return {
            "total": sum(counts.values()),
            "per_label": {str(digit): counts.get(digit, 0) for digit in range(DIGITS)},
        }

    def remove(self, example_id: str) -> None:
        """Forget an example and its originals.

        Raises:
            ExampleNotFound: there is none with this id.
        """
        with self._engine.begin() as connection:
            if not connection.execute(examples.delete().where(examples.c.id == example_id)).rowcount:
                raise ExampleNotFound
        for name in list(self._store.names(f"examples/{example_id}")):
            self._store.delete(f"examples/{example_id}/{name}")

    def ids(self) -> list[str]:
        """Return the ids of all examples, the oldest first."""
        query = sa.select(examples.c.id).order_by(examples.c.created_at, examples.c.id)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def get(self, example_id: str) -> Example:
        """Return an example.

        Raises:
            ExampleNotFound: there is none with this id.
            StoreUnavailable: its original cannot be read.
        """
        with self._engine.connect() as connection:
            row = (
                connection.execute(sa.select(examples).where(examples.c.id == example_id)).mappings().first()
            )
        if row is None:
            raise ExampleNotFound
        original = self._store.read(row["original"], LARGEST_ORIGINAL) if row["original"] else None
        return Example(np.frombuffer(row["pixels"], np.uint8), row["label"], original)

    def dataset(self) -> Dataset:
        """Return all examples as a data set, in the order of their ids."""
        query = sa.select(examples.c.pixels, examples.c.label).order_by(examples.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        images = np.frombuffer(b"".join(row.pixels for row in rows), np.uint8).reshape(-1, PIXELS)
        return Dataset(images, np.array([row.label for row in rows], np.uint8))


def _keep(connection: sa.Connection, row: dict[str, Any]) -> bool:
    """Insert an example, or give a known one its new label; return whether it was unknown."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    relabel = {
        "label": row["label"],
        "updated_at": row["updated_at"],
        "original": sa.func.coalesce(examples.c.original, row["original"]),
    }
    while True:
        if connection.execute(insert(examples).values(row).on_conflict_do_nothing()).rowcount:
            return True
        if connection.execute(examples.update().where(examples.c.id == row["id"]).values(relabel)).rowcount:
            return False
