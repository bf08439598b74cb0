"""A digit that hardly rises above its paper's own pattern: fog, coarse paper, grain.

A threshold would cut such ink out raggedly, with what the pattern adds and without what it hides. Here it stays as grey as it
is: what rises above its close surroundings, on the whole frame, as strokes do and wider patterns do not.
"""

import numpy as np

from model.form import DIGIT_SIDE, SIDE
from model.normalisation.planes import Box, Plane
from model.normalisation.resampling import Floats, averaging, both, enlarging, smoothing
from model.normalisation.shaping import INDEX, ONES

SURROUNDINGS = 1.9
"""Standard deviation, in pixels of the 28, of the Gaussian window that a pixel is compared with: about a stroke's width."""

FULL = 0.96
"""Share of the pixels that are not yet full ink: about as many as in a digit of MNIST."""

SMALL = 40
"""Pixels of the longer side: in a plane up to this size a digit is taken to fill the frame as MNIST's do."""

FILLS = 0.55
"""Share of the longer side: a digit as long as that is taken to fill the frame of a larger plane, too."""

MOST_MOVED = 6
"""Pixels of the 28 by which the digit is moved into the middle, at most."""


def as_it_is(plane: Plane, box: Box) -> Plane:
    """Return the (28, 28) picture of the ink in a plane, 0 paper, 255 ink.

    Args:
        plane: (h, w) the sheet, light ink.
        box: of the digit, as far as it could be told.
    """
    framed = _framed(plane, box)
    window = smoothing(SIDE, SURROUNDINGS)
    rise = framed - both(window, framed, window)
    full = float(np.quantile(rise, FULL))
    if full < 1:  # grey level: an even sheet, and what rounding left
        return np.zeros((SIDE, SIDE), np.uint8)
    ink = np.clip(rise * np.float32(255 / full), 0, 255)
    return np.rint(_in_the_middle(ink)).astype(np.uint8)


def _framed(plane: Plane, box: Box) -> Floats:
    """The part of the plane in which the digit lies as in MNIST's pictures, as 28x28; beyond the border it goes on as there."""
    height, width = plane.shape
    x0, y0, x1, y1 = box
    longest, side = max(x1 - x0, y1 - y0), max(height, width)
    if side > SMALL and longest < FILLS * side:
        side = max(2, round(longest * SIDE / DIGIT_SIDE))
        left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    else:
        left, top = (width - side) // 2, (height - side) // 2
    rows, columns = (np.arange(first, first + side) for first in (top, left))
    part = plane[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)].astype(np.float32)
    matrix = averaging(side, SIDE) if side >= SIDE else enlarging(side, SIDE)
    return both(matrix, part, matrix)


def _in_the_middle(ink: Floats) -> Floats:
    """The ink moved so that its centre of mass is in the middle."""
    mass = float(ink.sum())
    across, down = (float(sums.dot(INDEX)) / mass for sums in (ONES.dot(ink), ink.dot(ONES)))
    right, below = (
        min(max(round(SIDE / 2 - centre), -MOST_MOVED), MOST_MOVED) + MOST_MOVED for centre in (across, down)
    )
    wide = np.zeros((SIDE + 2 * MOST_MOVED, SIDE + 2 * MOST_MOVED), np.float32)
    wide[below : below + SIDE, right : right + SIDE] = ink
    return wide[MOST_MOVED : MOST_MOVED + SIDE, MOST_MOVED : MOST_MOVED + SIDE]
