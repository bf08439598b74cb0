"""Is there a digit at all? An empty sheet, noise and texture also have a strongest shape."""

import math

import numpy as np

from model.normalisation.planes import Mask, Plane, dilated, extent, highest, opened_mask
from model.normalisation.strokes import stroke_width

LEAST_CONTRAST = 5.0
FAINT_CONTRAST = 30.0
LEAST_CLARITY = 4.1
FAINT_CLARITY = 5.2
SURE_CLARITY = 9.0
LEAST_EDGE = 0.68
LONGEST = 5.2
LEAST_SHARE = 0.45
MANY = 8
CUT_OFF = 0.4
SOLID = 0.62
SQUARE = 0.46
LARGE = 0.3
MOST = 0.55
THIN = 0.06
WIDE = 0.2
STRAIGHT = 0.03
ALIKE = 0.35
ONE_SIDED = 0.3
REACH = 9
AROUND = 4
SMALL = 40


def is_faint(contrast: float, clarity: float) -> bool:
    """Return whether ink rises no further above the paper than paper varies.

    Args:
        contrast: between the typical ink and the typical paper, in grey levels.
        clarity: contrast in standard deviations of the paper, times the chosen share of the ink.
    """
    least = FAINT_CLARITY if contrast < FAINT_CONTRAST else LEAST_CLARITY
    return contrast < LEAST_CONTRAST or clarity < least


def is_ground(plane: Plane, strength: Plane, ink: Mask, digit: Mask, clarity: float) -> bool:
    """Return whether what was found is a part of the ground: an area, a line across it, an edge or a slope of its light.

    Strokes end abruptly, at both sides; shadows and slopes fade away slowly or stay.

    Args:
        plane: (h, w) the sheet, light ink.
        strength: (h, w) strength above the local ground.
        ink: all that was found darker than the threshold.
        digit: the chosen part of it, not empty.
        clarity: as in ``is_faint``.
    """
    if is_patch(digit) or is_line_across(digit):
        return True
    height, width = digit.shape
    x0, y0, x1, y1 = extent(digit) or (0, 0, 0, 0)
    is_small = max(width, height) <= SMALL  # it has no room for an edge that ends clear of the border
    has_edges = not is_small or min(x0, y0, width - x1, height - y1) == 0
    if clarity > SURE_CLARITY and not has_edges:
        return False
    place = (slice(max(0, y0 - AROUND), y1 + AROUND), slice(max(0, x0 - AROUND), x1 + AROUND))
    plane, strength, ink, digit = plane[place], strength[place], ink[place], digit[place]
    near = dilated(digit)
    around = dilated(near, 5) & ~near & ~ink
    if not around.any():
        return False
    inside, outside = float(strength[digit].mean()), float(strength[around].mean())
    fades = clarity <= SURE_CLARITY and inside - outside < LEAST_EDGE * inside
    return fades or (has_edges and is_one_sided(plane, digit, around, inside))


def is_patch(digit: Mask) -> bool:
    """Return whether ink is no stroke but an area, such as a shadow with a hard edge, the desk or another sheet.

    Much of its outline is the picture's border, or most of it is as thick as no pen is for the size. An area that fills
    most of the picture may still be a stroke: the border would have been its ground otherwise.
    """
    box = extent(digit)
    area = np.count_nonzero(digit)
    if box is None or area > MOST * digit.size:
        return False
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0)
    cut = sum(np.count_nonzero(line) for line in (digit[0], digit[-1], digit[:, 0], digit[:, -1]))
    width = stroke_width(digit)
    free = 2 * area / max(width, 1e-9) * 4 / math.pi  # steps between ink and what is not: see stroke_width
    if cut > CUT_OFF * (cut + free) and width > THIN * side:
        return True
    if width < WIDE * side:
        return False
    window = max(3, round(SQUARE * side) | 1)
    if side < LARGE * max(digit.shape) or area < SOLID * window * window or min(x1 - x0, y1 - y0) < window:
        return False
    return bool(np.count_nonzero(opened_mask(digit[y0:y1, x0:x1], window)) > SOLID * area)


def is_one_sided(plane: Plane, digit: Mask, around: Mask, rise: float) -> bool:
    """Return whether the sheet rises to the ink and stays up behind it: what is left along the edge of a shadow.

    Args:
        plane: (h, w) the sheet, light ink.
        digit: (h, w) the ink.
        around: (h, w) what lies close by.
        rise: how far the ink rises above its ground, on average.
    """
    beside = highest(np.where(digit, plane, np.uint8(0)), REACH)[around]
    return float(np.mean(plane[around] + ALIKE * rise >= beside)) > ONE_SIDED


def is_line_across(digit: Mask) -> bool:
    """Return whether ink is one thin, straight line from border to border: a ruling, a fold, the edge of a shadow."""
    height, width = digit.shape
    box = extent(digit)
    if box is None:
        return False
    x0, y0, x1, y1 = box
    if not ((x0 == 0 and x1 == width) or (y0 == 0 and y1 == height)):
        return False
    side = max(x1 - x0, y1 - y0)
    if np.count_nonzero(digit) > 2 * THIN * side * side:
        return False
    spread = np.linalg.eigvalsh(np.cov(np.nonzero(digit)))
    return bool(spread[0] < STRAIGHT**2 * spread[1])


def is_tangle(digit: Mask, side: int, share: float, shapes: int) -> bool:
    """Return whether the strokes are far longer than a digit's for its size, or but a few of many shapes.

    Args:
        digit: (h, w) the chosen ink.
        side: the longer side of its box.
        share: of all ink that is chosen.
        shapes: how many there are in all.
    """
    length = np.count_nonzero(digit) / max(stroke_width(digit), 1e-9)
    return bool(length > LONGEST * side) or (share < LEAST_SHARE and shapes >= MANY)
