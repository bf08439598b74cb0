"""A sheet that lies on a desk: its surroundings are neither paper nor ink, and its outline is the strongest edge of all.

Seen whole, a sheet is a rectangle, turned a little perhaps, on a ground of the other side of the threshold. What lies around
it takes its colour; then it is a picture of paper and ink like any other.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.normalisation.levels import Levels
from model.normalisation.planes import Mask, Plane, dilated, eroded, extent, opened_mask

LEAST_SIDE = 48
"""Pixels of the longer side: in a smaller plane no sheet is looked for."""

LEAST_AREA = 0.2
"""Share of the plane that a sheet covers, at least."""

MOST_AREA = 0.92
"""Share of the plane that a sheet covers, at most."""

AT_BORDER = 0.2
"""Share of the border on the sheet's side of the threshold, at most, if the sheet is seen whole."""

GRAIN = 3
"""Side, in pixels, of the square that fits into a sheet; specks of the desk hold none."""

STROKE = 0.12
"""Width, as a share of the longer side, up to which what interrupts a sheet is ink on it."""

NARROWEST = 0.15
"""Width, as a share of the longer side, of a sheet at its narrowest; what is narrower is no part of it."""

OPEN = 0.1
"""Pixels of what is filled in as ink that touch the outside, times the longer side, at most: a digit's bays do."""

HELD = 0.9
"""Share of all on its side of the threshold that the sheet holds, at least."""

SQUARISH = 0.5
"""Shorter side of the box around a sheet, times the longer one, at least."""

FULL = 0.925
"""Share of the smallest turned box around it that a sheet fills, at least."""

EDGE = 0.03
"""Width of a sheet's edge, which is not taken for paper, as a share of the longer side."""

TURNS = range(-14, 15, 2)
"""Degrees by which the box around a sheet is turned, to find the smallest."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sheet and its colour.

    Attributes:
        inside: (h, w) where it is, without its edge.
        level: of most of it.
    """

    inside: Mask
    level: int

    def alone(self, plane: Plane, origin: tuple[int, int] = (0, 0), scale: float = 1) -> Plane:
        """Return a plane with the surroundings of the sheet in the sheet's own level.

        Args:
            plane: (h, w) that in which the sheet was found, or a part of the picture that this was made of.
            origin: (x, y) of the part.
            scale: how many of its pixels one of ``inside`` is.
        """
        height, width = self.inside.shape
        rows = np.minimum((np.arange(plane.shape[0]) + origin[1]) / scale, height - 1).astype(np.intp)
        columns = np.minimum((np.arange(plane.shape[1]) + origin[0]) / scale, width - 1).astype(np.intp)
        return np.where(self.inside[np.ix_(rows, columns)], plane, np.uint8(self.level))


def sheet_on_desk(plane: Plane, levels: Levels) -> Sheet | None:
    """Return the sheet that is seen whole in a plane, light on dark or dark on light; None where there is no such thing."""
    if max(plane.shape) < LEAST_SIDE:
        return None
    light = plane > levels.otsu[0]
    for part in (light, ~light):
        inside = _inside(part)
        if inside is not None:
            return Sheet(inside, int(np.median(plane[inside & part])))
    return None


def _inside(part: Mask) -> Mask | None:
    """Where a sheet is, without its edge, if that is what one side of the threshold shows."""
    area = np.count_nonzero(part) / part.size
    border = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    if not LEAST_AREA < area < MOST_AREA or np.count_nonzero(border) > AT_BORDER * border.size:
        return None
    part = opened_mask(part, GRAIN)
    side = max(part.shape)
    with_ink = ~_opened_beyond(~part, round(side * STROKE) | 1)
    if np.count_nonzero(with_ink & ~part & dilated(~with_ink)) > OPEN * side:
        return None  # what was filled was no ink on a sheet: it is open to the outside, as the bays of a digit are
    sheet = opened_mask(with_ink, round(side * NARROWEST) | 1)
    held = np.count_nonzero(sheet & part)
    if held < LEAST_AREA * part.size or held < HELD * np.count_nonzero(part) or not _is_rectangle(sheet):
        return None
    inside = eroded(sheet, 2 * round(side * EDGE) + 1)
    return inside if (inside & part).any() else None


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


def _box_area(x: NDArray[np.intp], y: NDArray[np.intp], turn: float) -> float:
    across, down = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    return float((np.ptp(across) + 1) * (np.ptp(down) + 1))
