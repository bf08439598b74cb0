"""The only place that turns a grey picture into the 28x28 the network reads, the way MNIST's makers did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.arrays import Bytes
from model.form import SIDE
from model.normalisation.clean import fitted, mnist_box, mnist_boxes
from model.normalisation.location import located
from model.normalisation.planes import Box, Plane
from model.normalisation.shaping import shaped

VERSION = "5"
READABLE = frozenset({"1", "2", "3", "4", VERSION})
"""Versions whose networks may be served: what they learned from differs from VERSION's pictures no more than papers do."""


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

    pixels: Plane
    inverted: bool
    box: Box
    blank: bool
    components: int


def normalise(grey: Plane) -> Normalised:
    """Return the 28x28 picture of the digit in a grey (h, w) uint8 picture of any size.

    A 28x28 picture that is already as MNIST made it comes through bit for bit unchanged; so does its negative. One whose
    digit is only moved is moved back, and one that is also of another size or turned is fitted into its box again.
    """
    if grey.shape == (SIDE, SIDE):
        inverted = bool(grey[0, 0])  # the ground of a clean picture is exactly 0, that of its negative 255
        clean = _clean(~grey if inverted else grey, inverted=inverted)
        if clean is not None:
            return clean
    found = located(grey)
    if found is None:
        return Normalised(np.zeros((SIDE, SIDE), np.uint8), False, (0, 0, *grey.shape[::-1]), True, 0)
    pixels = shaped(found.ink) if found.grey is None else found.grey
    return Normalised(pixels, found.dark, found.box, found.blank, found.count)


def normalise_all(greys: Sequence[Plane]) -> list[Normalised]:
    """Return what ``normalise`` returns for each picture; those as MNIST made them are recognised all at once."""
    found: list[Normalised | None] = [None] * len(greys)
    small = [i for i, grey in enumerate(greys) if grey.shape == (SIDE, SIDE)]
    if len(small) > 1:
        for i, known in zip(small, _recognised(np.stack([greys[i] for i in small])), strict=True):
            found[i] = known
    return [known or normalise(grey) for known, grey in zip(found, greys, strict=True)]


def _recognised(pictures: Bytes) -> list[Normalised | None]:
    """What ``normalise`` returns for those of (n, 28, 28) pictures that are as MNIST made them."""
    dark = pictures[:, 0, 0] == 255
    upright = np.where(dark[:, None, None], ~pictures, pictures)
    return [
        None if box is None else Normalised(pixels, inverted, box, False, 1)
        for pixels, inverted, box in zip(upright, dark.tolist(), mnist_boxes(upright), strict=True)
    ]


def _clean(pixels: Plane, *, inverted: bool) -> Normalised | None:
    """What is found in a (28, 28) picture that needs no repair."""
    box = mnist_box(pixels)
    if box is not None:
        return Normalised(pixels, inverted, box, False, 1)
    near = fitted(pixels)
    return None if near is None else Normalised(near[0], inverted, near[1], False, 1)
