"""Pictures that hold fewer pixels than they have: small ones that a program enlarged, in blocks or softly.

Blocks have edges that no pen drew, and soft strokes fade into their ground as shadows do. With the pixels there once were
both are read like any other small picture.
"""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Plane
from model.normalisation.resampling import averaging, both, enlarging

FEWEST = 6
"""Pixels across, and down, that there were at least before a picture was enlarged."""

EVEN_WITHIN = 0.03
"""Share of the enlargement down by which that across may differ: whole pixels allow no exact match."""

COARSE = 16
"""Pixels of the longer side that are enough to hold a soft picture."""

SOFT_FROM = 29
"""Pixels of the longer side: a smaller plane, as 28x28 is, is never taken for an enlarged soft one."""

FLAT_GROUND = 0.04
"""Share of the pixels, more of which are on the lowest or on the highest level where the ground is flat."""

LOST = 0.22
"""Share of the range of levels by which a pixel may differ from what COARSE pixels a side give back."""


def before_enlarging(plane: Plane) -> tuple[Plane, float]:
    """Return the few pixels that were enlarged to this plane, and how many of its pixels a side each became.

    That is the plane itself, and 1, unless it is made of equal blocks or so soft that COARSE pixels a side hold all of it.
    """
    return _one_of_each_block(plane) or _without_softness(plane) or (plane, 1)


def _one_of_each_block(plane: Plane) -> tuple[Plane, float] | None:
    if len(plane) < 2 * FEWEST or _has_lone_row(plane):
        return None
    rows, columns = _starts(plane), _starts(plane.T)
    if rows is None or columns is None:
        return None
    small = np.ascontiguousarray(plane[np.ix_(rows, columns)])
    return (small, plane.shape[0] / len(rows)) if _is_even(plane.shape, small.shape) else None


def _has_lone_row(plane: Plane) -> bool:
    """Whether the row in the middle differs from both of its neighbours, as none does in blocks of at least two rows."""
    middle = len(plane) // 2
    before, row, after = (line.tobytes() for line in plane[middle - 1 : middle + 2])
    return bool(before != row != after)


def _starts(plane: Plane) -> NDArray[np.intp] | None:
    """Where rows begin that differ from the one before, if each stands there as often as the others, give or take one."""
    differs = (plane[1:] != plane[:-1]).any(axis=1)
    starts = np.flatnonzero(np.concatenate([[True], differs]))
    if not FEWEST <= len(starts) <= len(plane) / 2:
        return None
    lengths = np.diff(starts, append=len(plane))
    return starts if lengths.max() - lengths.min() <= 1 else None


def _without_softness(plane: Plane) -> tuple[Plane, float] | None:
    """Fewer pixels, if the picture can be had back from them: the sharp edge of a stroke cannot.

    Where light is uneven, what is soft may be a shadow: there no pixels share the lowest or the highest level.
    """
    height, width = plane.shape
    side = max(height, width)
    few = round(height * COARSE / side), round(width * COARSE / side)
    if (
        side < SOFT_FROM
        or min(few) < FEWEST
        or not _is_even((height, width), few)
        or not _has_flat_ground(plane)
    ):
        return None
    wanted = plane.astype(np.float32)
    small = both(averaging(height, few[0]), wanted, averaging(width, few[1]))
    again = both(enlarging(few[0], height), small, enlarging(few[1], width))
    if float(np.abs(again - wanted).max()) > LOST * float(small.max() - small.min()):
        return None
    return np.rint(small).astype(np.uint8), side / COARSE


def _is_even(shape: tuple[int, ...], few: tuple[int, ...]) -> bool:
    """Whether a pixel became about as many across as down."""
    down, across = shape[0] / few[0], shape[1] / few[1]
    return abs(down - across) <= EVEN_WITHIN * down


def _has_flat_ground(plane: Plane) -> bool:
    low, high = int(plane.min()), int(plane.max())
    at_an_end = max(np.count_nonzero(plane == low), np.count_nonzero(plane == high))
    return bool(low < high and at_an_end > FLAT_GROUND * plane.size)
