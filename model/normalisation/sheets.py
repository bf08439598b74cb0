"""A sheet that lies on a desk: its surroundings are neither paper nor ink, and its outline is the strongest edge of all.

Seen whole, a sheet is a rectangle, turned a little perhaps, on a ground of the other side of the threshold. What lies around
it takes its colour; then it is a picture of paper and ink like any other.
"""

import math

import numpy as np

from model.normalisation.levels import Levels
from model.normalisation.planes import Mask, Plane, dilated, eroded, extent, opened_mask

LEAST_AREA = 0.2
MOST_AREA = 0.92
AT_BORDER = 0.2
STROKE = 0.12
SOLID = 0.15
SQUARISH = 0.5
FULL = 0.925
OPEN = 0.16
HELD = 0.9
LEAST_SIDE = 48
EDGE = 0.03
TURNS = range(-14, 15, 2)
"""Degrees."""


def without_desk(plane: Plane, levels: Levels) -> Plane:
    """Return the plane with the surroundings of its sheet in the sheet's own level, or as it is if there is no such sheet."""
    if max(plane.shape) < LEAST_SIDE:
        return plane
    light = plane > levels.otsu[0]
    for part in (light, ~light):
        sheet = _sheet(part)
        if sheet is not None:
            level = np.median(plane[sheet & part])
            return np.where(sheet, plane, np.uint8(level))
    return plane


def _sheet(part: Mask) -> Mask | None:
    """Where a sheet is, without its edge, if that is what one side of the threshold shows."""
    area = np.count_nonzero(part) / part.size
    border = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    if not LEAST_AREA < area < MOST_AREA or np.count_nonzero(border) > AT_BORDER * border.size:
        return None
    side = max(part.shape)
    with_ink = ~_opened_beyond(~part, round(side * STROKE) | 1)
    if np.count_nonzero(with_ink & ~part & dilated(~with_ink)) > OPEN * side:
        return None
    sheet = opened_mask(with_ink, round(side * SOLID) | 1)
    held = np.count_nonzero(sheet & part)
    if held < LEAST_AREA * part.size or held < HELD * np.count_nonzero(part) or not _is_rectangle(sheet):
        return None
    return eroded(sheet, 2 * round(side * EDGE) + 1)


def _opened_beyond(mask: Mask, window: int) -> Mask:
    """The opening of a mask that goes on beyond its borders as it ends there."""
    height, width = mask.shape
    beyond = np.pad(mask, window, mode="edge")
    return opened_mask(beyond, window)[window : window + height, window : window + width]


def _is_rectangle(mask: Mask) -> bool:
    """Whether a mask fills a box that is turned by a few degrees, and is not far from square."""
    x0, y0, x1, y1 = extent(mask) or (0, 0, 0, 0)
    if min(x1 - x0, y1 - y0) < SQUARISH * max(x1 - x0, y1 - y0):
        return False
    rows = np.flatnonzero(mask.any(axis=1))
    first, last = mask[rows].argmax(axis=1), mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    x, y = np.concatenate([first, last]), np.concatenate([rows, rows])
    smallest = min(_box_area(x, y, math.radians(turn)) for turn in TURNS)
    return bool(np.count_nonzero(mask) > FULL * smallest)


def _box_area(
    x: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    y: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    turn: float,
) -> float:
    across, down = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    return float((np.ptp(across) + 1) * (np.ptp(down) + 1))
