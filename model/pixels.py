"""The only place that turns a grey picture into the 28x28 the network reads, the way MNIST's makers did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.arrays import Bytes
from model.normalisation.clean import fitted
from model.normalisation.location import located
from model.normalisation.planes import Box, Plane
from model.normalisation.shaping import DIGIT_SIDE, SIDE, shaped

VERSION = "1"

_TOLERANCE = (
    0.53  # MNIST's digits sit on whole pixels, so their centre of mass is within half a pixel of the middle
)
_OFFSETS = np.arange(SIDE, dtype=np.float32) - SIDE / 2
_MOMENTS = np.stack([np.ones((SIDE, SIDE), np.float32), *np.meshgrid(_OFFSETS, _OFFSETS)], axis=-1).reshape(
    -1, 3
)


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

    A 28x28 picture that is already as MNIST made it comes through bit for bit unchanged; so does its negative.
    """
    if grey.shape == (SIDE, SIDE):
        for pixels, inverted in ((grey, False), (~grey, True)):
            box = _mnist_box(pixels)
            if box is not None:
                return Normalised(pixels, inverted, box, False, 1)
            near = fitted(pixels)
            if near is not None:
                return Normalised(near[0], inverted, near[1], False, 1)
    found = located(grey)
    if found is None:
        return Normalised(np.zeros((SIDE, SIDE), np.uint8), False, (0, 0, *grey.shape[::-1]), True, 0)
    return Normalised(shaped(found.ink), found.dark, found.box, found.blank, found.count)


def normalise_all(greys: Sequence[Plane]) -> list[Normalised]:
    """Return what ``normalise`` returns for each picture; those as MNIST made them are recognised all at once."""
    found: list[Normalised | None] = [None] * len(greys)
    small = [i for i, grey in enumerate(greys) if grey.shape == (SIDE, SIDE)]
    if len(small) > 1:
        for i, known in zip(small, _recognised(np.stack([greys[i] for i in small])), strict=True):
            found[i] = known
    return [known or normalise(grey) for known, grey in zip(found, greys, strict=True)]


def _recognised(pictures: Bytes) -> list[Normalised | None]:
    """What ``normalise`` returns for those of (n, 28, 28) pictures that are as MNIST made them; a crowd's ``_mnist_box``."""
    n, ground = len(pictures), pictures[:, 0, 0]
    pictures = (
        pictures ^ ground[:, None, None]
    )  # a ground of 0 leaves a picture as it is, one of 255 inverts it
    flat = pictures.reshape(n, -1)
    likely = ((ground == 0) | (ground == 255)) & (flat[:, -1] == 0) & (flat.max(axis=1) >= 254)
    mass, across, down = (flat.astype(np.float32) @ _MOMENTS).T
    likely &= np.maximum(np.abs(across), np.abs(down)) <= _TOLERANCE * mass
    words = flat.view(np.uint32).reshape(n, SIDE, -1)  # four pixels each
    y0, y1 = _extents(np.bitwise_or.reduce(words, axis=2) != 0)
    x0, x1 = _extents(np.bitwise_or.reduce(words, axis=1).view(np.uint8) != 0)
    side = np.maximum(x1 - x0, y1 - y0)
    likely &= (side >= DIGIT_SIDE - 1) & (side <= DIGIT_SIDE)
    boxes, inverted = np.stack((x0, y0, x1, y1), axis=1).tolist(), (ground == 255).tolist()
    return [
        Normalised(pixels, dark, (box[0], box[1], box[2], box[3]), False, 1) if known else None
        for pixels, dark, box, known in zip(pictures, inverted, boxes, likely.tolist(), strict=True)
    ]


def _extents(
    lines: "np.ndarray[Any, np.dtype[np.bool_]]",
) -> "tuple[np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.intp]]]":
    """For each of (n, 28): the first line with ink, and the one after the last."""
    return lines.argmax(axis=1), SIDE - lines[:, ::-1].argmax(axis=1)


def is_mnist_like(grey: Plane) -> bool:
    """Whether a (28, 28) uint8 picture has light ink of full strength on 0, a longer side of 19 or 20, centred by mass.

    True for each of MNIST's 70,000 digits.
    """
    return _mnist_box(grey) is not None


def _mnist_box(grey: Plane) -> Box | None:
    """The ink's box if the picture is as MNIST made it."""
    flat = grey.reshape(-1)
    if flat[0] or flat[-1] or flat.max() < 254:
        return None
    mass, across, down = (flat.astype(np.float32) @ _MOMENTS).tolist()
    if abs(across) > _TOLERANCE * mass or abs(down) > _TOLERANCE * mass:
        return None
    (y0, y1), (x0, x1) = _extent(grey.tobytes()), _extent(grey.T.tobytes())
    return (x0, y0, x1, y1) if DIGIT_SIDE - 1 <= max(x1 - x0, y1 - y0) <= DIGIT_SIDE else None


def _extent(ink: bytes) -> tuple[int, int]:
    """The first line with ink and the one after the last, of lines of SIDE bytes."""
    return (len(ink) - len(ink.lstrip(b"\0"))) // SIDE, (len(ink.rstrip(b"\0")) - 1) // SIDE + 1
