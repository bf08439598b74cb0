"""Thin marks that run on to the border, across or beside the digit, are taken out of the ink."""

import numpy as np

from model.normalisation.components import label
from model.normalisation.planes import Mask, dilated, opened_mask
from model.normalisation.strokes import stroke_width

THIN = 0.65
CORE_SHARE = 0.55
LONG = 3


def without_scratches(ink: Mask) -> Mask:
    """Return the ink without marks much thinner than its strokes that reach the border.

    Nothing goes unless strokes of the usual width make up most of the ink: a digit drawn with a fine line stays.
    """
    if not (ink[0].any() or ink[-1].any() or ink[:, 0].any() or ink[:, -1].any()):
        return ink
    window = max(2, round(THIN * stroke_width(ink)))
    core = dilated(opened_mask(ink, window)) & ink
    if np.count_nonzero(core) < CORE_SHARE * np.count_nonzero(ink):
        return ink
    thin = label(ink & ~core)
    x0, y0, x1, y1 = thin.boxes.T
    at_border = (x0 == 0) | (y0 == 0) | (x1 == ink.shape[1]) | (y1 == ink.shape[0])
    extent = np.maximum(x1 - x0, y1 - y0)
    return ink & ~thin.mask(at_border & (extent >= LONG))
