"""Thin marks that run on to the border, across or beside the digit, are taken out of the ink."""

import numpy as np

from model.normalisation.components import label
from model.normalisation.planes import Mask, dilated, opened_mask
from model.normalisation.strokes import stroke_width

THIN = 0.65
"""Times the stroke width: the square that fits into strokes has this side, and marks are no wider."""

CORE_SHARE = 0.55
"""Share of the ink that is as wide as that square, at least: else the digit itself may be a fine line."""

LONG = 3
"""Pixels of a mark's longer side, at least; what is shorter stays."""


def without_scratches(ink: Mask) -> Mask:
    """Return the ink without marks much thinner than its strokes that reach the border.

    Nothing goes unless strokes of the usual width make up most of the ink and keep clear of the border: a digit drawn
    with a fine line stays, and so does the thin end of one that touches the border itself.
    """
    if not _at_border(ink):
        return ink
    window = max(2, round(THIN * stroke_width(ink)))
    core = dilated(opened_mask(ink, window)) & ink
    if np.count_nonzero(core) < CORE_SHARE * np.count_nonzero(ink) or _at_border(core):
        return ink
    thin = label(ink & ~core)
    x0, y0, x1, y1 = thin.boxes.T
    at_border = (x0 == 0) | (y0 == 0) | (x1 == ink.shape[1]) | (y1 == ink.shape[0])
    marks = thin.mask(at_border & (np.maximum(x1 - x0, y1 - y0) >= LONG))
    return ink & ~marks if stroke_width(marks) <= THIN * stroke_width(core) else ink


def _at_border(ink: Mask) -> bool:
    return any(b"\1" in line.tobytes() for line in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))
