"""Counters and histograms that several API processes share, in one piece of memory made before they are forked.

Every process adds to a row of its own, so nothing is locked; who is asked for metrics adds the rows up. A process that
takes the place of a crashed one goes on in its row, so no counter ever goes backwards. All label values are known when
the memory is laid out, so their number is bounded whatever clients send.
"""

import mmap
from bisect import bisect_left
from collections.abc import Sequence
from itertools import product

import numpy as np

CROWD = 8
"""So many additions are made at once."""


class Family:
    """A metric with all the values that its labels can have.

    Args:
        kind: counter, gauge (added up over the processes) or histogram.
        name: as Prometheus shows it; a counter's without ``_total``.
        text: one sentence.
        labels: for each label the values it can have.
        bounds: upper bounds of a histogram's buckets, rising, without infinity.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        text: str,
        labels: dict[str, Sequence[str]] | None = None,
        bounds: Sequence[float] = (),
    ) -> None:
        self.kind, self.name, self.text = kind, name, text
        self.labels = {label: tuple(values) for label, values in (labels or {}).items()}
        self.bounds, self._bounds = tuple(bounds), np.array(bounds, np.float64)
        self.width = len(self.bounds) + 2 if kind == "histogram" else 1  # buckets, +Inf, sum
        self.children = list(product(*self.labels.values()))
        self._place = {child: i * self.width for i, child in enumerate(self.children)}
        self.bind(memoryview(bytearray(8 * self.width * len(self.children))).cast("d"), 0)

    def place(self, *values: str) -> int:
        """Return where the child with these label values lies, for ``add`` and ``observe``."""
        return self.offset + self._place[values]

    def bind(self, row: "memoryview[float]", offset: int) -> None:
        """Write to this row from now on; our values begin at ``offset``."""
        self._row, self.offset = row, offset
        # The same memory once more, as floats, which the stubs do not know: NumPy is quick for many, slow for one.
        self._values = np.frombuffer(row, np.float64)  # type: ignore[arg-type]

    def add(self, place: int, amount: float = 1.0) -> None:
        """Add to a counter or gauge."""
        self._row[place] += amount

    def observe(self, place: int, value: float) -> None:
        """Put a value in its bucket."""
        row = self._row
        row[place + bisect_left(self.bounds, value)] += 1.0
        row[place + self.width - 1] += value

    def add_each(self, places: Sequence[int]) -> None:
        """Add 1 at each place."""
        if len(places) < CROWD:
            for place in places:
                self._row[place] += 1.0
        else:
            np.add.at(self._values, places, 1.0)

    def observe_each(self, places: Sequence[int], values: Sequence[float]) -> None:
        """Put each value in the bucket it has at its place."""
        if len(places) < CROWD:
            for place, value in zip(places, values, strict=True):
                self.observe(place, value)
        else:
            at = np.asarray(places)
            np.add.at(self._values, at + self._bounds.searchsorted(values), 1.0)
            np.add.at(self._values, at + (self.width - 1), values)


class Counters:
    """The families of one service in shared memory.

    Args:
        families: in the order they are shown.
        processes: how many rows there are; this process has the first until ``take_row``.

    Attributes:
        families: as given.
    """

    def __init__(self, families: Sequence[Family], processes: int = 1) -> None:
        self.families = families
        self._width = sum(family.width * len(family.children) for family in families)
        self._memory = mmap.mmap(
            -1, 8 * self._width * processes
        )  # shared with every process forked from this one
        self._processes = processes
        self.take_row(0)

    def take_row(self, process: int) -> None:
        """Let this process write to a row of its own; its gauges begin at zero."""
        size = 8 * self._width
        row = memoryview(self._memory)[process * size : (process + 1) * size].cast("d")
        offset = 0
        for family in self.families:
            family.bind(row, offset)
            if family.kind == "gauge":
                for child in family.children:
                    row[family.place(*child)] = 0.0
            offset += family.width * len(family.children)

    def totals(self, family: Family) -> dict[tuple[str, ...], float]:
        """Return the values of a counter or gauge, added up over the processes, by label values."""
        values = self.values()
        return {child: float(values[family.place(*child)]) for child in family.children}

    def values(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """Return all values, added up over the processes; ``Family.place`` says where each lies."""
        rows = np.frombuffer(self._memory, np.float64).reshape(self._processes, self._width)
        values: np.ndarray[tuple[int], np.dtype[np.float64]] = rows.sum(axis=0)
        return values
