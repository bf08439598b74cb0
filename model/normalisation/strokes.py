"""How wide strokes are, and how to give them another width."""

import math
from functools import lru_cache

import numpy as np

from model.normalisation.planes import Mask
from model.normalisation.resampling import Floats, both, gaussian

SMOOTHING = 0.2
"""Sigma of the blur, times the stroke width to come: ragged outlines and small breaks heal."""

MORE_SMOOTHING = 0.25
"""What is added to sigma, times the change of width: an outline that moves further needs more blur."""

THINNEST = 0.7
"""Times the width there was: strokes become no thinner, as holes that ran full do not come back."""

SOFT = 0.3
"""Pixels that are between a quarter and three quarters ink, over those of more than half: strokes with more are blurred."""

STEEPNESS = 0.7
"""Slope, times the level and times what is above it, at least: over 0.5, so bare paper is 0 and full ink 255."""


def stroke_width(ink: Mask) -> float:
    """Return the mean width of strokes in pixels: for a line of length l and width w area / outline = l w / 2 l.

    Steps between pixels make an outline 4 / pi times as long as the line it follows, on average over directions.
    """
    height, width = ink.shape
    # a bit for each pixel, as to compare and count them takes next to no time then
    bits = int.from_bytes(np.packbits(ink).tobytes()) >> (-ink.size % 8)
    down = (bits ^ (bits >> width)) & ((1 << (height - 1) * width) - 1)
    across = (bits ^ (bits >> 1)) & _beside(height, width)
    steps = down.bit_count() + across.bit_count()
    return float(2 * bits.bit_count() / max(steps * math.pi / 4, 1))


@lru_cache(maxsize=512)
def _beside(height: int, width: int) -> int:
    """A bit for each pixel that has another at its left."""
    return int(("0" + "1" * (width - 1)) * height, 2)


def with_stroke_width(ink: Floats, thinnest: float, thickest: float) -> Floats:
    """Return the ink, 0-255, with its strokes brought between two widths in pixels.

    Strokes between them stay as they are, in every grey, and so do blurred ones that only seem wider. The others are
    blurred by a Gaussian: a line of width w then has the profile Phi((x + w/2) / s) - Phi((x - w/2) / s), and cut at the
    level that profile has at x = target / 2, it is ``target`` wide. Ragged outlines and small breaks heal on the way.
    Blobs lose at most 30 % of their width, as holes that ran full do not come back.
    """
    width = stroke_width(ink > 127)
    if width == 0 or thinnest <= width <= thickest or (width > thickest and _is_soft(ink)):
        return ink
    target = max(min(max(width, thinnest), thickest), THINNEST * width)
    sigma = SMOOTHING * target + MORE_SMOOTHING * abs(target - width)
    level = _phi((target + width) / (2 * sigma)) - _phi((target - width) / (2 * sigma))
    slope = max(2.0, STEEPNESS / level, STEEPNESS / (1 - level))
    soft = both(gaussian(ink.shape[0], sigma), ink, gaussian(ink.shape[1], sigma))
    soft *= slope
    soft += 127.5 - 255 * level * slope
    return soft.clip(0, 255, out=soft)


def _is_soft(ink: Floats) -> bool:
    between = np.count_nonzero((ink > 63) & (ink < 192))
    return bool(between >= SOFT * np.count_nonzero(ink > 127))


def _phi(x: float) -> float:
    """The normal distribution's share below x."""
    return (1 + math.erf(x / math.sqrt(2))) / 2
