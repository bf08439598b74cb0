"""Bands at a picture's sides that are no part of the sheet: scanner edges, borders, bars."""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Box, Mask

WHOLE = 0.95
BAND = 0.85
STEP = 0.4
INSIDE = 0.4
BEYOND = 0.6
DEEPEST = 0.3
PERSISTS = 0.08

Shares = NDArray[np.float32]


def inner_box(light: Mask) -> Box:
    """Return the box that is left when solid bands with a straight inner edge are taken off all four sides.

    Args:
        light: (h, w) which pixels are on the light side of the picture's threshold.
    """
    height, width = light.shape
    levels = light.astype(np.float32)
    top, bottom = _depths(levels.sum(axis=1) / width)
    left, right = _depths(levels.sum(axis=0) / height)
    return left, top, width - right, height - bottom


def _depths(shares: Shares) -> tuple[int, int]:
    """How many lines at the start and at the end are bands; shares are of light pixels in each line."""
    quarter = len(shares) // 4
    if quarter < 2:
        return 0, 0
    sheet = float(shares[quarter:-quarter].sum()) / (len(shares) - 2 * quarter)
    return _depth(shares, sheet), _depth(shares[::-1], sheet)


def _depth(shares: Shares, sheet: float) -> int:
    first = float(shares[0])
    if first < 0.5:
        shares, sheet, first = 1 - shares, 1 - sheet, 1 - first
    if sheet > INSIDE or first < WHOLE:
        return 0
    length = len(shares)
    drops = shares[: int(length * DEEPEST)] - shares[2 : int(length * DEEPEST) + 2]
    depth = int(drops.argmax()) + 1
    near = shares[depth + 1 : depth + 4 + int(length * PERSISTS)]
    if drops[depth - 1] < STEP or near.max() > BEYOND or shares[:depth].mean() < BAND:
        return 0
    return depth + int(shares[depth] - near[0] > STEP / 4)
