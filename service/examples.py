"""Corrected pictures that users give, for later training: labels and pixels in the database, originals in the store."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from model.clock import now
from model.dataset import Dataset
from model.form import PIXELS
from model.losses import DIGITS
from model.store import Store
from service.database import examples
from service.example import Example
from service.record_errors import ExampleNotFound


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
            counts: dict[int, int] = dict(connection.execute(query).all())
        return {
            "total": sum(counts.values()),
            "per_label": {str(digit): counts.get(digit, 0) for digit in range(DIGITS)},
        }

    def remove(self, example_id: str) -> None:
        """Forget an example and its originals.

        Raises:
            ExampleNotFound: there is none with this id.
            StoreUnavailable: an original could not be deleted; the example stays, so that this can be done again.
        """
        self._one(example_id)
        # The row goes last: without it nobody would know of an original that the store has kept.
        for name in list(self._store.names(f"examples/{example_id}")):
            self._store.delete(f"examples/{example_id}/{name}")
        with self._engine.begin() as connection:
            connection.execute(examples.delete().where(examples.c.id == example_id))

    def newest(self, limit: int, label: int | None = None) -> list[dict[str, Any]]:
        """Return ids, labels and times of examples, the newest first."""
        columns = (examples.c.id, examples.c.label, examples.c.created_at, examples.c.updated_at)
        query = sa.select(*columns).order_by(examples.c.created_at.desc(), examples.c.id).limit(limit)
        if label is not None:
            query = query.where(examples.c.label == label)
        with self._engine.connect() as connection:
            names = ("id", "label", "created_at", "updated_at")
            return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]

    def get(self, example_id: str) -> Example:
        """Return an example, without its original.

        Raises:
            ExampleNotFound: there is none with this id.
        """
        return _example(self._one(example_id))

    def _one(self, example_id: str) -> sa.RowMapping:
        with self._engine.connect() as connection:
            row = (
                connection.execute(sa.select(examples).where(examples.c.id == example_id)).mappings().first()
            )
        if row is None:
            raise ExampleNotFound
        return row

    def each(self) -> Iterator[Example]:
        """Yield all examples without their originals, in the order of their ids."""
        query = sa.select(examples).order_by(examples.c.id).execution_options(yield_per=1000)
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                yield _example(row)

    def dataset(self) -> Dataset:
        """Return all examples as a data set, in the order of their ids."""
        found = list(self.each())
        images = np.frombuffer(b"".join(example.pixels.tobytes() for example in found), np.uint8)
        return Dataset(images.reshape(-1, PIXELS), np.array([example.label for example in found], np.uint8))


def _example(row: sa.RowMapping) -> Example:
    return Example(np.frombuffer(row["pixels"], np.uint8), row["label"])


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
