"""A 28x28 picture that is as MNIST made it, or nearly: its digit is moved, turned, or somewhat larger or smaller.

Such strokes need no repair. They are fitted into the box of 20x20 as MNIST's makers fitted theirs, and where they have
that size already they are moved by whole pixels alone, so that not one grey value changes.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.arrays import Bytes
from model.form import DIGIT_SIDE, SIDE
from model.normalisation.planes import Box, Mask, Plane, extent
from model.normalisation.resampling import Floats
from model.normalisation.scratches import without_scratches
from model.normalisation.shaping import INDEX, placed

FULL = 200
"""The strongest ink has at least this level; interpolation takes the peak off thin strokes."""

EDGE = 64
"""Ink from this level on belongs to the digit's size; what is fainter is the soft edge that interpolation widens."""

SHARP = 0.48
"""The least share of such ink in all that is not 0; noise, blur and what JPEG leaves around strokes have less."""

LONGEST = 26
"""Pixels, of 28, of such ink's longer side, at most; what is longer takes the steps of any other picture."""

OFF_CENTRE = 0.53
"""MNIST's digits sit on whole pixels, so their centre of mass is within half a pixel of the middle."""

OFFSETS = INDEX - SIDE / 2
"""How far each row or column lies from the middle, in pixels; ``placed`` puts the centre of mass there."""

MOMENTS = np.stack([np.ones((SIDE, SIDE), np.float32), *np.meshgrid(OFFSETS, OFFSETS)], axis=-1).reshape(
    -1, 3
)
"""(784, 3): a picture times it is the mass of its ink, and that mass times its offset across and down."""


def mnist_box(grey: Plane) -> Box | None:
    """Return the ink's box in a (28, 28) picture that is as MNIST made it; None for any other.

    Such a picture has light ink of full strength on 0, a longer side of 19 or 20, and is centred by mass. Most requests
    bring one, so this asks bytes rather than arrays where it can.
    """
    levels = grey.tobytes()
    if levels[0] or levels[-1] or not (b"\xff" in levels or b"\xfe" in levels):
        return None
    mass, across, down = (grey.reshape(-1).astype(np.float32) @ MOMENTS).tolist()
    if abs(across) > OFF_CENTRE * mass or abs(down) > OFF_CENTRE * mass:
        return None
    (y0, y1), (x0, x1) = _extent(levels), _extent(grey.T.tobytes())
    return (x0, y0, x1, y1) if DIGIT_SIDE - 1 <= max(x1 - x0, y1 - y0) <= DIGIT_SIDE else None


def _extent(ink: bytes) -> tuple[int, int]:
    """The first line with ink and the one after the last, of lines of SIDE bytes."""
    return (len(ink) - len(ink.lstrip(b"\0"))) // SIDE, (len(ink.rstrip(b"\0")) - 1) // SIDE + 1


def mnist_boxes(pictures: Bytes) -> list[Box | None]:
    """Return ``mnist_box`` of each of (n, 28, 28) pictures; for a crowd that is faster than one by one."""
    n = len(pictures)
    flat = np.ascontiguousarray(pictures).reshape(n, -1)
    likely = (flat[:, 0] == 0) & (flat[:, -1] == 0) & (flat.max(axis=1) >= 254)
    mass, across, down = (flat.astype(np.float32) @ MOMENTS).T
    likely &= np.maximum(np.abs(across), np.abs(down)) <= OFF_CENTRE * mass
    words = flat.view(np.uint32).reshape(n, SIDE, -1)  # four pixels each
    y0, y1 = _extents(np.bitwise_or.reduce(words, axis=2) != 0)
    x0, x1 = _extents(np.bitwise_or.reduce(words, axis=1).view(np.uint8) != 0)
    side = np.maximum(x1 - x0, y1 - y0)
    likely &= (side >= DIGIT_SIDE - 1) & (side <= DIGIT_SIDE)
    boxes = zip(x0.tolist(), y0.tolist(), x1.tolist(), y1.tolist(), strict=True)
    return [box if known else None for box, known in zip(boxes, likely.tolist(), strict=True)]


def _extents(lines: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each of (n, 28): the first line with ink, and the one after the last."""
    return lines.argmax(axis=1), SIDE - lines[:, ::-1].argmax(axis=1)


def fitted(grey: Plane) -> tuple[Plane, Box] | None:
    """Return the digit fitted into 20x20 and centred by mass in (28, 28), and the box of its ink in the given picture.

    None where the picture is not clean: light ink of full strength on a ground of exactly 0, in one piece as far as rows
    and columns tell, and without marks that run in over the border.
    """
    if grey[0, 0] or grey[-1, -1] or grey.max() < FULL or not _is_sharp(grey):
        return None
    present, ink = grey > 0, grey > EDGE
    box, inner = extent(present), extent(ink)
    if box is None or inner is None:
        return None
    side, soft_side = _length(inner), _length(box)
    if side > LONGEST or soft_side == SIDE or (_at_border(inner) and _is_scratched(ink)):
        return None
    inside = present[box[1] : box[3], box[0] : box[2]]
    if not (inside.any(axis=0).all() and inside.any(axis=1).all()):
        return None
    if DIGIT_SIDE - 1 <= side <= DIGIT_SIDE and soft_side <= DIGIT_SIDE + 2:
        return placed(grey[box[1] : box[3], box[0] : box[2]].astype(np.float32)), box
    x0, y0, x1, y1 = inner
    return placed(_resized(grey[y0:y1, x0:x1], DIGIT_SIDE / side)), box


def _is_sharp(grey: Plane) -> bool:
    return bool(np.count_nonzero(grey > EDGE) >= SHARP * np.count_nonzero(grey))


def _at_border(box: Box) -> bool:
    return min(box) == 0 or SIDE in box


def _is_scratched(ink: Mask) -> bool:
    return bool((without_scratches(ink) != ink).any())


def _length(box: Box) -> int:
    """The longer side of a box."""
    x0, y0, x1, y1 = box
    return max(x1 - x0, y1 - y0)


def _resized(ink: Plane, scale: float) -> Floats:
    """The ink at another size, its strongest at full strength again."""
    height, width = ink.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC), np.float32)
    full: Floats = image * (255 / image.max())
    return full
