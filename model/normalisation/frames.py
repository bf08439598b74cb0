"""Bands at a picture's sides that are no part of the sheet: scanner edges, borders, bars."""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Box, Mask

BAND = 0.85
STEP = 0.4
INSIDE = 0.4
BEYOND = 0.6
DEEPEST = 0.3
PERSISTS = 0.08


def inner_box(bright: Mask) -> Box:
    """Return the box that is left when solid bands with a straight inner edge are taken off all four sides.

    Args:
        bright: (h, w) which pixels are on the light side of the picture's threshold.
    """
    rows, columns = bright.mean(axis=1), bright.mean(axis=0)
    return _depth(columns), _depth(rows), len(columns) - _depth(columns[::-1]), len(rows) - _depth(rows[::-1])


def _depth(shares: NDArray[np.float64]) -> int:
    """How many lines, from the first on, belong to a band; shares are of light pixels in each line."""
    if shares[0] < 0.5:
        shares = 1 - shares
    deepest = int(len(shares) * DEEPEST)
    drops = shares[:deepest] - shares[2 : deepest + 2]
    if shares[0] < 0.95 or len(drops) == 0 or drops.max() < STEP:
        return 0
    depth = int(drops.argmax()) + 1
    beyond = shares[depth + 1 : depth + 2 + max(2, int(len(shares) * PERSISTS))]
    middle = shares[len(shares) // 4 : -(len(shares) // 4)]
    if middle.mean() > INSIDE or shares[:depth].mean() < BAND or beyond.max() > BEYOND:
        return 0
    return depth + int(shares[depth] - beyond[0] > STEP / 4)
