"""The digit in a picture: from a grey plane to the ink of one digit, its box, and what kind of find it is."""

import math
from dataclasses import dataclass, replace

import numpy as np

from model.normalisation import (
    components,
    evidence,
    faint,
    frames,
    ground,
    planes,
    rulings,
    scratches,
    selection,
    sheets,
)
from model.normalisation.enlarged import before_enlarging
from model.normalisation.levels import LEVELS, Levels, counted
from model.normalisation.planes import Box, Plane
from model.normalisation.shaping import unstretched

ZOOM_BELOW = 28
"""Pixels of a plane that was reduced: a digit whose longer side has fewer is looked at again at full size."""

ZOOM_MARGIN = 0.4
"""What is cut out on every side of such a digit, times its longer side."""

ALL_SHEET = 0.76
"""Share of the plane on the same side of the threshold as all four corners; with more there are no bands."""

TINY_MARGIN = 1 / 7
"""Width of the ground that is laid around a picture of few pixels, as a share of its longer side."""

GIVE = 0.05
"""Share of the plane's longer side (and at least a pixel) that a box may leave free and still be all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A digit, or what comes nearest to one.

    Args:
        ink: (h, w) its coverage, 0 paper, 255 ink, cropped to it.
        box: where it is, in pixels of the picture given.
        dark: the ink is darker than its ground.
        blank: nothing stands out from the paper.
        count: how many digit-like shapes there are, 0 if none looks like a digit.
        grey: (28, 28) the digit as it is to be read, where its ink is too faint for a threshold; None elsewhere.
    """

    ink: Plane
    box: Box
    dark: bool
    blank: bool
    count: int
    grey: Plane | None = None


def located(grey: Plane) -> Found | None:
    """Return the digit in a grey (h, w) picture; None where there is no ink at all."""
    plane, scale, tiny = _at_its_size(grey)
    plane = planes.without_salt(plane)
    levels = counted(plane)
    sheet = sheets.sheet_on_desk(plane, levels)
    if sheet is not None:
        plane = sheet.alone(plane)
        levels = counted(plane)
    plane, levels, (left, top) = _without_border(plane, levels)
    dark = ground.is_dark_ink(plane, levels)
    margin = round(max(plane.shape) * TINY_MARGIN) if tiny else 0
    if margin:  # strokes would end at the border, where such a digit fills its frame
        plane = np.pad(plane, margin, constant_values=ground.level_of(levels, dark=dark))
        levels = counted(plane)
    coarse = _found(plane, dark, levels, tiny=tiny)
    if coarse is None:
        return None
    digit = unstretched(coarse.ink) if _fills(coarse.box, plane, margin) else coarse.ink
    box = _scaled(coarse.box, scale, ((left - margin) * scale, (top - margin) * scale), grey)
    found = replace(coarse, ink=digit, box=box)
    x0, y0, x1, y1 = coarse.box
    may_be_closer = scale > 1 and not tiny and max(x1 - x0, y1 - y0) < ZOOM_BELOW
    return _closer(grey, found, sheet, scale) if may_be_closer else found


def _at_its_size(grey: Plane) -> tuple[Plane, float, bool]:
    """The plane at working size, how many given pixels one of its is, and whether there were but a few in truth."""
    plane, scale = planes.at_working_size(grey)
    small, blocks = before_enlarging(plane) if scale >= 1 else (plane, 1)
    if blocks == 1:
        return plane, scale, scale < 1
    plane, share = planes.at_working_size(small)
    return plane, scale * blocks * share, True


def _without_border(plane: Plane, levels: Levels) -> tuple[Plane, Levels, tuple[int, int]]:
    """The plane within its frame, bands in negative turned, what is counted in it, and where its corner was."""
    if not _may_have_bands(plane, levels):
        return plane, levels, (0, 0)
    light = plane > levels.otsu[0]
    positive = frames.without_negative_bands(plane, light)
    if positive is not plane:
        plane = np.ascontiguousarray(positive)
        levels = counted(plane)
        light = plane > levels.otsu[0]
    x0, y0, x1, y1 = frames.inner_box(light)
    if (x0, y0, x1, y1) != (0, 0, *plane.shape[::-1]):
        plane = plane[y0:y1, x0:x1]
        levels = counted(plane)
    return plane, levels, (x0, y0)


def _fills(box: Box, plane: Plane, margin: int) -> bool:
    """Whether a box is all of the plane within its margin, give or take the ragged outline of what was enlarged."""
    height, width = plane.shape
    give = max(1, round(GIVE * (max(height, width) - 2 * margin)))
    x0, y0, x1, y1 = box
    return bool(max(x0, y0, width - x1, height - y1) <= margin + give)


def _may_have_bands(plane: Plane, levels: Levels) -> bool:
    """Whether not all corners are on one side of the threshold together with nearly the whole picture."""
    threshold = levels.otsu[0]
    corners = [int(plane[y, x]) > threshold for y in (0, -1) for x in (0, -1)]
    light = 1 - float(levels.below[threshold] / levels.below[-1])
    return not (all(corners) and light > ALL_SHEET) and not (not any(corners) and light < 1 - ALL_SHEET)


def _closer(grey: Plane, coarse: Found, sheet: sheets.Sheet | None, coarseness: float) -> Found:
    """A digit that is small in its picture, looked at again at full size; what else there is was counted before."""
    x0, y0, x1, y1 = coarse.box
    margin = round(ZOOM_MARGIN * max(x1 - x0, y1 - y0))
    x0, y0 = max(0, x0 - margin), max(0, y0 - margin)
    part = grey[y0 : y1 + margin, x0 : x1 + margin]
    plane, scale = planes.at_working_size(part if sheet is None else sheet.alone(part, (x0, y0), coarseness))
    fine = _found(plane, coarse.dark, counted(plane), tiny=False)
    if fine is None:
        return coarse
    return replace(coarse, ink=fine.ink, box=_scaled(fine.box, scale, (x0, y0), grey), grey=fine.grey)


def _found(plane: Plane, dark: bool, levels: Levels, *, tiny: bool) -> Found | None:
    """The digit in a plane of working size; its box is in pixels of that plane."""
    if dark:
        plane, levels = ~plane, levels.negative()
    rises = ground.ink_strength(plane, levels, tiny=tiny)
    strength = rises.plane
    paper, full, deviation = rises.levels.paper_and_ink()
    contrast = full - paper
    if contrast < 1:
        return None
    share = (LEVELS - paper) * (255 / contrast)
    coverage = np.minimum(np.maximum(share, 0), 255).astype(np.uint8).take(strength)
    ink = coverage > 127
    shapes = components.label(scratches.without_scratches(rulings.without_rulings(ink)))
    if len(shapes) == 0:
        return None
    chosen = selection.select(shapes, coverage)
    digit = shapes.mask(chosen.chosen)
    shape = evidence.measured(digit, chosen.box)
    clarity = contrast / max(deviation, 0.5) * chosen.share
    blank = evidence.is_faint(contrast, clarity) or evidence.is_ground(plane, strength, ink, shape, clarity)
    tangle = evidence.is_tangle(shape, chosen.share, len(shapes))
    has_others = np.count_nonzero(ink) > shape.area
    alone = coverage * (planes.dilated(digit) & (digit | ~ink)) if has_others else coverage
    x0, y0, x1, y1 = chosen.box
    crop = (slice(max(0, y0 - 1), y1 + 1), slice(max(0, x0 - 1), x1 + 1))
    is_faint = not (rises.is_flat or tiny) and clarity < evidence.SURE_CLARITY
    grey = faint.as_it_is(plane, chosen.box) if is_faint else None
    return Found(alone[crop], chosen.box, dark, blank, 0 if blank or tangle else chosen.count, grey)


def _scaled(box: Box, scale: float, origin: tuple[float, float], grey: Plane) -> Box:
    """A box of a working plane in pixels of the picture."""
    x0, y0, x1, y1 = box
    height, width = grey.shape
    return (
        max(int(x0 * scale + origin[0]), 0),
        max(int(y0 * scale + origin[1]), 0),
        min(math.ceil(x1 * scale + origin[0]), width),
        min(math.ceil(y1 * scale + origin[1]), height),
    )
