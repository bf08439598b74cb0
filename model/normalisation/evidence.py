"""Is there a digit at all? An empty sheet, noise and texture also have a strongest shape."""

import math
from dataclasses import dataclass

import numpy as np

from model.normalisation.planes import Box, Mask, Plane, dilated, eroded, highest
from model.normalisation.strokes import stroke_width

LEAST_CONTRAST = 5.0
"""Grey levels between ink and paper; with fewer nothing stands out, however even the paper is."""

FAINT_CONTRAST = 30.0
"""Grey levels between ink and paper; with fewer the ink is faint, and has to be clearer than other ink."""

LEAST_CLARITY = 4.1
"""Clarity (see ``is_faint``): ink with less rises no further above the paper than paper varies."""

FAINT_CLARITY = 5.2
"""The same for faint ink."""

SURE_CLARITY = 9.0
"""Clarity above which ink is not asked whether it fades away."""

LEAST_EDGE = 0.68
"""Share of its strength by which a stroke is above the ground two or three pixels off; other ink fades away."""

LONGEST = 5.2
"""Length of all strokes together, times the longer side of the box, at most; more is a tangle."""

LEAST_SHARE = 0.45
"""Share of all ink that a digit among many shapes has, at least."""

MANY_SHAPES = 8
"""Shapes, the digit's own included, from which on LEAST_SHARE is asked for."""

CUT_OFF = 0.4
"""Share of the outline on the border of the plane: with more there, ink that is not THIN is an area."""

SOLID = 0.62
"""Share of the ink that is as thick as SQUARE, above which it is an area; also its least area in such squares."""

SQUARE = 0.46
"""Side of the square that fits into thick ink, times the longer side of the box: no stroke is so wide."""

LARGE = 0.3
"""Longer side of the box, times the plane's: a smaller shape is no area for its thickness alone."""

MOST = 0.55
"""Share of the plane: ink that covers more of it is no area, as the border would have been its ground."""

THIN = 0.06
"""Stroke width, times the longer side of the box: ink up to this is no area, and a line across up to twice this."""

WIDE = 0.2
"""Stroke width, times the longer side of the box, from which ink may be thick enough for an area."""

STRAIGHT = 0.03
"""Spread of a straight line across its direction, times that along it, at most; both are standard deviations."""

STAYS_WITHIN = 0.35
"""Share of the ink's rise: where the sheet is no further below the ink beside it, it stays up."""

ONE_SIDED = 0.3
"""Share of the pixels around the ink: where the sheet stays up at more of them, the ink has but one side."""

REACH = 9
"""Side, in pixels, of the window around a pixel of the sheet in which the ink beside it is looked for."""

AROUND = 4
"""Pixels on every side of the box that are looked at with it: half of REACH."""

SMALL = 40
"""Pixels of the longer side: a plane up to this size has no room for an edge that ends clear of the border."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What may be a digit, and what is asked of it again and again.

    Args:
        mask: (h, w) the chosen ink, not empty.
        box: around it.
        area: its pixels.
        width: of its strokes.
    """

    mask: Mask
    box: Box
    area: int
    width: float

    @property
    def side(self) -> int:
        """The longer side of the box."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)

    @property
    def is_at_border(self) -> bool:
        """Whether it touches the border of the plane."""
        height, width = self.mask.shape
        x0, y0, x1, y1 = self.box
        return bool(min(x0, y0, width - x1, height - y1) == 0)


def measured(mask: Mask, box: Box) -> Shape:
    """Return the ink of a mask that is not empty, with the box around it."""
    return Shape(mask, box, int(np.count_nonzero(mask)), stroke_width(mask))


def is_faint(contrast: float, clarity: float) -> bool:
    """Return whether ink rises no further above the paper than paper varies.

    Args:
        contrast: between the typical ink and the typical paper, in grey levels.
        clarity: contrast in standard deviations of the paper, times the chosen share of the ink.
    """
    least = FAINT_CLARITY if contrast < FAINT_CONTRAST else LEAST_CLARITY
    return contrast < LEAST_CONTRAST or clarity < least


def is_ground(plane: Plane, strength: Plane, ink: Mask, shape: Shape, clarity: float) -> bool:
    """Return whether what was found is a part of the ground: an area, a line across it, an edge or a slope of its light.

    Strokes end abruptly, at both sides; shadows and slopes fade away slowly or stay.

    Args:
        plane: (h, w) the sheet, light ink.
        strength: (h, w) strength above the local ground.
        ink: all that was found darker than the threshold.
        shape: the chosen part of it.
        clarity: as in ``is_faint``.
    """
    if is_patch(shape) or is_line_across(shape):
        return True
    is_small = max(plane.shape) <= SMALL  # it has no room for an edge that ends clear of the border
    has_edges = not is_small or shape.is_at_border
    if clarity > SURE_CLARITY and not has_edges:
        return False
    x0, y0, x1, y1 = shape.box
    place = (slice(max(0, y0 - AROUND), y1 + AROUND), slice(max(0, x0 - AROUND), x1 + AROUND))
    plane, strength, ink, digit = plane[place], strength[place], ink[place], shape.mask[place]
    near = dilated(digit)
    around = dilated(near, 5) & ~near & ~ink
    if not around.any():
        return False
    inside, outside = _mean(strength[digit]), _mean(strength[around])
    fades = clarity <= SURE_CLARITY and inside - outside < LEAST_EDGE * inside
    return fades or (has_edges and is_one_sided(plane, digit, around, inside))


def _mean(levels: Plane) -> float:
    return int(levels.sum()) / levels.size


def is_patch(shape: Shape) -> bool:
    """Return whether ink is no stroke but an area, such as a shadow with a hard edge, the desk or another sheet.

    Much of its outline is the picture's border, or most of it is as thick as no pen is for the size. An area that fills
    most of the picture may still be a stroke: the border would have been its ground otherwise.
    """
    digit, area, width, side = shape.mask, shape.area, shape.width, shape.side
    if area > MOST * digit.size:
        return False
    if shape.is_at_border:
        cut = sum(np.count_nonzero(line) for line in (digit[0], digit[-1], digit[:, 0], digit[:, -1]))
        # steps between ink and what is not: see stroke_width
        free = 2 * area / max(width, 1e-9) * 4 / math.pi
        if cut > CUT_OFF * (cut + free) and width > THIN * side:
            return True
    if width < WIDE * side:
        return False
    window = max(3, round(SQUARE * side) | 1)
    x0, y0, x1, y1 = shape.box
    if side < LARGE * max(digit.shape) or area < SOLID * window * window or min(x1 - x0, y1 - y0) < window:
        return False
    core = eroded(digit[y0:y1, x0:x1], window)
    return bool(core.any() and np.count_nonzero(dilated(core, window)) > SOLID * area)


def is_one_sided(plane: Plane, digit: Mask, around: Mask, rise: float) -> bool:
    """Return whether the sheet rises to the ink and stays up behind it: what is left along the edge of a shadow.

    Args:
        plane: (h, w) the sheet, light ink.
        digit: (h, w) the ink.
        around: (h, w) what lies close by.
        rise: how far the ink rises above its ground, on average.
    """
    beside = highest(plane * digit, REACH)[around]
    stays = plane[around] + STAYS_WITHIN * rise >= beside
    return bool(np.count_nonzero(stays) / stays.size > ONE_SIDED)


def is_line_across(shape: Shape) -> bool:
    """Return whether ink is one thin, straight line from border to border: a ruling, a fold, the edge of a shadow."""
    height, width = shape.mask.shape
    x0, y0, x1, y1 = shape.box
    if not ((x0 == 0 and x1 == width) or (y0 == 0 and y1 == height)):
        return False
    if shape.area > 2 * THIN * shape.side * shape.side:
        return False
    spread = np.linalg.eigvalsh(np.cov(np.nonzero(shape.mask)))
    return bool(spread[0] < STRAIGHT**2 * spread[1])


def is_tangle(shape: Shape, share: float, shapes: int) -> bool:
    """Return whether the strokes are far longer than a digit's for its size, or but a few of many shapes.

    Args:
        shape: the chosen ink.
        share: of all ink that is chosen.
        shapes: how many there are in all.
    """
    length = shape.area / max(shape.width, 1e-9)
    return length > LONGEST * shape.side or (share < LEAST_SHARE and shapes >= MANY_SHAPES)
