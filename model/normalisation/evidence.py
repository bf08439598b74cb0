"""Is there a digit at all? An empty sheet, noise and texture also have a strongest shape."""

import numpy as np

from model.normalisation.planes import Mask, Plane, dilated
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


def is_blank(strength: Plane, ink: Mask, digit: Mask, contrast: float, clarity: float) -> bool:
    """Return whether what was found is paper.

    Strokes stand out from what surrounds them more than paper varies (clarity) and end abruptly (edge); shadows and
    slopes fade away slowly, and the dark spots of a texture are neither rare nor alone.

    Args:
        strength: (h, w) strength above the local ground.
        ink: all that was found darker than the threshold.
        digit: the chosen part of it.
        contrast: between the typical ink and the typical paper, in grey levels.
        clarity: contrast in standard deviations of the paper, times the chosen share of the ink.
    """
    if contrast < LEAST_CONTRAST or clarity < (FAINT_CLARITY if contrast < FAINT_CONTRAST else LEAST_CLARITY):
        return True
    if clarity > SURE_CLARITY:
        return False
    near = dilated(digit)
    around = dilated(near, 5) & ~near & ~ink
    if not around.any():
        return False
    inside = float(strength[digit].mean())
    return inside - float(strength[around].mean()) < LEAST_EDGE * inside


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
