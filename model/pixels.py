"""The only place that turns a grey picture into the 28x28 the network reads, the way MNIST's makers did."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.normalisation import (
    components,
    evidence,
    frames,
    ground,
    planes,
    rulings,
    scratches,
    selection,
    shaping,
    thresholds,
)
from model.normalisation.planes import Box

Grey = NDArray[np.uint8]

VERSION = "1"
SIDE = 28
DIGIT_SIDE = 20
ZOOM_BELOW = 44
ZOOM_MARGIN = 0.4

_TOLERANCE = (
    0.53  # MNIST's digits sit on whole pixels, so their centre of mass is within half a pixel of the middle
)
_POSITIONS = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2 - 0.5
_MOMENTS = np.stack(
    [np.ones((SIDE, SIDE), np.float32), *np.meshgrid(_POSITIONS, _POSITIONS)], axis=-1
).reshape(-1, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """What the network sees, and what was done to get there.

    Args:
        pixels: (28, 28) uint8, 0 paper, 255 ink.
        inverted: the ink was darker than its ground.
        box: (x0, y0, x1, y1) of the digit in pixels of the given picture; x1 and y1 are exclusive.
        blank: nothing stands out from the paper: an empty sheet, noise or texture. Without any ink at all ``pixels``
            is zero and ``box`` the whole picture.
        components: how many separate digit-like shapes stand side by side: 1 for one digit, however broken; 0 where
            none looks like a digit: blank, a tangle of strokes, or many scattered shapes.
    """

    pixels: Grey
    inverted: bool
    box: Box
    blank: bool
    components: int


def normalise(grey: Grey) -> Normalised:
    """Return the 28x28 picture of the digit in a grey (h, w) uint8 picture of any size.

    A 28x28 picture that is already as MNIST made it comes through bit for bit unchanged; so does its negative.
    """
    if grey.shape == (SIDE, SIDE):
        for pixels, inverted in ((grey, False), (~grey, True)):
            if is_mnist_like(pixels):
                return Normalised(pixels, inverted, _box(pixels > 0), False, 1)
    return _whole(grey)


def is_mnist_like(grey: Grey) -> bool:
    """Whether a (28, 28) uint8 picture has light ink of full strength on 0, a longer side of 19 or 20, centred by mass.

    True for each of MNIST's 70,000 digits.
    """
    flat = grey.reshape(-1)
    if flat[0] or flat[-1] or grey.max() < 254:
        return False
    mass, across, down = (flat.astype(np.float32) @ _MOMENTS).tolist()
    if abs(across) > _TOLERANCE * mass or abs(down) > _TOLERANCE * mass:
        return False
    return max(_extent(grey), _extent(grey.T)) in (DIGIT_SIDE - 1, DIGIT_SIDE)


def _extent(grey: Grey) -> int:
    """How many rows lie between the first and the last with ink, both included."""
    ink = grey.tobytes()
    above, below = len(ink) - len(ink.lstrip(b"\0")), len(ink.rstrip(b"\0"))
    return (below - 1) // SIDE - above // SIDE + 1


def _whole(grey: Grey) -> Normalised:
    plane, scale = planes.at_working_size(grey)
    inner = frames.inner_box(plane > thresholds.otsu(plane))
    plane = plane[inner[1] : inner[3], inner[0] : inner[2]]
    dark = ground.is_dark_ink(plane)
    found = _located(~plane if dark else plane)
    if found is None:
        return Normalised(np.zeros((SIDE, SIDE), np.uint8), dark, (0, 0, *grey.shape[::-1]), True, 0)
    box = _scaled(found.box, scale, (inner[0] * scale, inner[1] * scale), grey)
    if scale > 1 and max(box[2] - box[0], box[3] - box[1]) < ZOOM_BELOW * scale:
        found, box = _zoomed(grey, box, dark, found)
    return Normalised(shaping.shaped(found.ink), dark, box, found.blank, found.components)


def _zoomed(grey: Grey, box: Box, dark: bool, coarse: "_Found") -> tuple["_Found", Box]:
    """A digit that is small in its picture, looked at again at full size; what else there is was counted before."""
    margin = round(ZOOM_MARGIN * max(box[2] - box[0], box[3] - box[1]))
    x0, y0 = max(0, box[0] - margin), max(0, box[1] - margin)
    plane, scale = planes.at_working_size(grey[y0 : box[3] + margin, x0 : box[2] + margin])
    fine = _located(~plane if dark else plane)
    if fine is None:
        return coarse, box
    found = replace(fine, blank=coarse.blank, components=coarse.components)
    return found, _scaled(fine.box, scale, (x0, y0), grey)


def _scaled(box: Box, scale: float, origin: tuple[float, float], grey: Grey) -> Box:
    """A box of a working plane in pixels of the picture."""
    x0, y0, x1, y1 = box
    height, width = grey.shape
    return (
        int(x0 * scale + origin[0]),
        int(y0 * scale + origin[1]),
        min(math.ceil(x1 * scale + origin[0]), width),
        min(math.ceil(y1 * scale + origin[1]), height),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    ink: Grey
    box: Box
    blank: bool
    components: int


def _located(plane: Grey) -> _Found | None:
    """The digit in a plane with light ink; None where there is no ink at all."""
    strength = ground.ink_strength(plane)
    paper, full = thresholds.levels(strength)
    if full - paper < 1:
        return None
    coverage = np.clip((strength.astype(np.float32) - paper) * (255 / (full - paper)), 0, 255).astype(
        np.uint8
    )
    ink = coverage > 127
    shapes = components.label(scratches.without_scratches(rulings.without_rulings(ink)))
    if len(shapes) == 0:
        return None
    chosen = selection.select(shapes, coverage)
    digit = shapes.mask(chosen.chosen)
    x0, y0, x1, y1 = chosen.box
    clip = (slice(max(0, y0 - 1), y1 + 1), slice(max(0, x0 - 1), x1 + 1))
    shape = np.where(planes.dilated(digit) & ~(ink & ~digit), coverage, 0)[clip]
    blank = evidence.is_blank(strength, ink, digit, chosen.share, full - paper)
    tangle = evidence.is_tangle(digit, max(x1 - x0, y1 - y0), chosen.share, len(shapes))
    return _Found(shape, chosen.box, blank, 0 if blank or tangle else chosen.count)


def _box(ink: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
