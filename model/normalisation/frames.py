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
    top, bottom = _depths(levels @ np.full(width, 1 / width, np.float32))
    left, right = _depths(np.full(height, 1 / height, np.float32) @ levels)
    return left, top, width - right, height - bottom


def _depths(shares: Shares) -> tuple[int, int]:
    """How many lines at the start and at the end are bands; shares are of light pixels in each line."""
    if len(shares) < 8 or np.abs(shares[2:] - shares[:-2]).max() < STEP:
        return 0, 0
    return _depth(shares), _depth(shares[::-1])


def _depth(shares: Shares) -> int:
    if shares[0] < 0.5:
        shares = 1 - shares
    length = len(shares)
    drops = shares[: int(length * DEEPEST)] - shares[2 : int(length * DEEPEST) + 2]
    depth = int(drops.argmax()) + 1
    near = shares[depth + 1 : depth + 4 + int(length * PERSISTS)]
    is_band = shares[0] >= WHOLE and shares[:depth].mean() >= BAND and drops[depth - 1] >= STEP
    is_sheet = near.max() <= BEYOND and shares[length // 4 : -(length // 4)].mean() <= INSIDE
    if not (is_band and is_sheet):
        return 0
    return depth + int(shares[depth] - near[0] > STEP / 4)
