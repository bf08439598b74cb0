"""Printed lines that run across the sheet are taken out of the ink, except where a stroke crosses them."""

import math

import numpy as np

from model.normalisation.components import label
from model.normalisation.planes import Mask, dilated_along, extent, opened_along
from model.normalisation.strokes import stroke_width

PIECE = 0.25
"""Length of a line's unbroken pieces, times the plane's side along it, at least (and five pixels)."""

SPAN = 0.8
"""Length of a line from end to end, times that side, at least."""

FULLEST = 0.3
"""Ink of the fullest row or column, times its length; with less there is no line to look for."""

AT_END = 0.03
"""Share of that side that a line may leave free at either end, if it is alone."""

THICKEST = 0.1
"""Thickness of a line on average, times the plane's side across it, at most (or one and a half pixels)."""

BEYOND = 0.06
"""Share of the plane's side along lines by which they run on at both sides of what remains, at least."""

EMPTY = 0.1
"""Share of the ink: where less remains without the lines, they are all there is."""

LEAST_REST = 6
"""Pixels: where fewer remain, there is nothing that lines run on beside, and they stay."""

TRIFLE = 0.03
"""Share of what remains that is not counted at either of its ends."""

SLACK = 0.75
"""Pixels that a line's ink may be further off its straight middle than half of its thickness."""


def without_rulings(ink: Mask) -> Mask:
    """Return the ink without long, thin, straight lines across the picture, horizontal or vertical.

    A line goes only if it runs on at both sides of what remains, as paper's lines do and a 7's or a 2's stroke does
    not. Where lines are all there is they go if no digit is made like that: side by side, or one lying alone.
    """
    may_stand, may_lie = _may_hold(ink)
    if not (may_stand or may_lie):
        return ink
    vertical, upright = _lines(ink, 0) if may_stand else (np.zeros_like(ink), 0)
    horizontal, lying = _lines(ink, 1) if may_lie else (np.zeros_like(ink), 0)
    if not (upright or lying):
        return ink
    rest = ink & ~vertical & ~horizontal
    if np.count_nonzero(rest) < EMPTY * np.count_nonzero(ink):
        return np.zeros_like(ink) if max(upright, lying) > 1 or not upright else ink
    for lines, axis in ((vertical, 0), (horizontal, 1)):
        if lines.any() and not _runs_beyond(lines, rest, axis):
            rest = rest | lines
    return rest | _crossings(vertical & ~rest, rest, 0) | _crossings(horizontal & ~rest, rest, 1)


def _may_hold(ink: Mask) -> tuple[bool, bool]:
    """Whether there can be a vertical line and a horizontal one.

    The ink must reach far enough, and one column or row must hold a good part of a line.
    """
    box = extent(ink)
    if box is None:
        return False, False
    x0, y0, x1, y1 = box
    height, width = ink.shape
    return (
        y1 - y0 >= SPAN * height and _fullest(ink, 0) >= FULLEST * height,
        x1 - x0 >= SPAN * width and _fullest(ink, 1) >= FULLEST * width,
    )


def _fullest(ink: Mask, axis: int) -> int:
    """The most pixels of ink on one line along the axis."""
    return int(ink.sum(axis=axis, dtype=np.float32).max())


def _lines(ink: Mask, axis: int) -> tuple[Mask, int]:
    """Lines along the axis (0: vertical, 1: horizontal), and how many."""
    if axis == 0:
        lines, count = _lines(ink.T, 1)
        return lines.T, count
    height, width = ink.shape
    pieces = opened_along(ink, max(5, int(width * PIECE)), 1)
    reach = np.flatnonzero(pieces.any(axis=0))
    if len(reach) == 0 or reach[-1] - reach[0] + 1 < SPAN * width:
        return np.zeros_like(ink), 0
    found = label(pieces)
    first, last = found.boxes[:, 0], found.boxes[:, 2]
    long = (last - first >= SPAN * width) & (found.area <= max(1.5, THICKEST * height) * (last - first))
    if (
        np.count_nonzero(long) < 2
    ):  # a line alone must run off the sheet; several may end inside, as frames do
        long &= (first <= AT_END * width) & (last >= (1 - AT_END) * width)
    lines = np.zeros_like(ink)
    for number in np.flatnonzero(long):
        lines |= _straight(found.mask(np.arange(len(found)) == number))
    return lines, int(np.count_nonzero(long))


def _straight(line: Mask) -> Mask:
    """The straight part of a lying line, of its usual thickness: without the strokes that run along it for a while."""
    y, x = np.nonzero(line)
    thickness = np.bincount(x, minlength=line.shape[1])
    usual = float(np.median(thickness[thickness > 0]))
    bare = (thickness > 0) & (thickness <= 1.5 * usual)
    columns = np.flatnonzero(bare)
    centres = np.bincount(x, weights=y, minlength=line.shape[1])[bare] / thickness[bare]
    middle, height = float(columns.mean()), float(centres.mean())
    off = columns - middle
    slope = float(off @ centres) / max(float(off @ off), 1.0)
    straight = np.zeros_like(line)
    near = np.abs(y - height - slope * (x - middle)) <= usual / 2 + SLACK
    straight[y[near], x[near]] = True
    return straight


def _runs_beyond(lines: Mask, rest: Mask, axis: int) -> bool:
    along_lines = np.flatnonzero(lines.any(axis=1 - axis))
    amount = np.cumsum(rest.sum(axis=1 - axis))
    if amount[-1] < LEAST_REST:
        return False
    first, last = np.searchsorted(amount, (TRIFLE * amount[-1], (1 - TRIFLE) * amount[-1]))
    margin = BEYOND * lines.shape[axis]
    return bool(first - along_lines[0] >= margin and along_lines[-1] - last >= margin)


def _crossings(lines: Mask, rest: Mask, axis: int) -> Mask:
    """The part of removed lines that has ink close by on both of its sides."""
    if not lines.any():
        return lines
    reach = 2 * math.ceil(stroke_width(lines)) + 3
    beyond = [(reach, reach) if direction != axis else (0, 0) for direction in (0, 1)]
    grown = dilated_along(np.pad(rest, beyond), reach, 1 - axis)
    closed = ~dilated_along(~grown, reach, 1 - axis)
    return lines & (closed[:, reach:-reach] if axis == 0 else closed[reach:-reach])
