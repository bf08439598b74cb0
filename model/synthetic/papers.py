"""Digits written on synthetic paper, photographed or scanned, and found again by the real normaliser.

What the network is given in service has been through the normaliser. Its marks (widths, greys and edges of the strokes,
what is left of a ruling or a shadow) are learned from here.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.arrays import Array, Bytes
from model.augmentation import AugmentationSettings, Augmenter
from model.dataset import Dataset
from model.errors import DataError
from model.form import SIDE
from model.pixels import normalise

_BEND: Final = AugmentationSettings(
    rotation=8.0,
    narrow_rotation=5.0,
    stretch=0.08,
    shear=0.1,
    elastic=0.6,
    thinner=0.5,
    thicker=0.8,
    gain=2.0,
)
"""How digits differ before they are written on paper."""

_STROKE: Final = 0.3
"""From this share of full ink on, a pixel belongs to a stroke."""

_MOVED: Final = 2
"""Pixels by which digits that are compared may lie apart."""

_KEPT: Final = 0.65
"""Least likeness of the digit found to the digit written: what the normaliser got wrong is no example of its digit."""


def paper_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n digits, each drawn from the data, varied, written on its own paper and normalised again.

    Pictures in which the normaliser does not find the digit again are left out and others taken instead.

    Raises:
        DataError: no picture has any ink.
    """
    images, labels = np.empty((n, SIDE * SIDE), np.uint8), np.empty(n, np.uint8)
    found = _found(data, rng)
    for i in range(n):
        images[i], labels[i] = next(found)
    return Dataset(images, labels)


def _found(data: Dataset, rng: np.random.Generator) -> Iterator[tuple[Bytes, int]]:
    """Yield picture and label for ever."""
    inked = np.flatnonzero(data.images.max(axis=1) >= 128)
    if not len(inked):
        raise DataError("expected at least one picture with ink on it, got none")
    augmenter = Augmenter(data.images, _BEND, data.labels)
    varied = np.empty((256, SIDE * SIDE), np.float32)
    while True:
        chosen = rng.choice(inked, len(varied))
        augmenter.batch(chosen, rng, varied)
        for row, digit in zip(chosen, varied, strict=True):
            written = digit.reshape(SIDE, SIDE)
            if written.max() <= _STROKE:
                continue  # a hair line, thinned to nothing
            normalised = normalise(photograph(written, rng)).pixels
            if likeness(normalised, written) >= _KEPT:
                yield normalised.ravel(), int(data.labels[row])


def likeness(found: Bytes, written: Array) -> float:
    """Return how alike two (28, 28) digits are, 0 to 1, whatever their size and place, or as they lie where that is more.

    Around ink that was left grey there are grains, so that no box can be told.
    """
    return max(_likeness_of_boxes(found, written), _likeness_in_place(found, written))


def _likeness_of_boxes(found: Bytes, written: Array) -> float:
    boxes = [_boxed(np.asarray(picture, np.float64)) for picture in (found, written)]
    if any(box is None for box in boxes):
        return 0.0
    a, b = (box for box in boxes if box is not None)
    return _correlation(a, b)


def _likeness_in_place(found: Bytes, written: Array) -> float:
    """The correlation of the pictures, blurred, moved against each other by up to two pixels."""
    a, b = (_blurred(np.asarray(picture, np.float64)) for picture in (found, written))
    moves = range(-_MOVED, _MOVED + 1)
    return max(_correlation(a, np.roll(b, (down, across), (0, 1))) for down in moves for across in moves)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return max(0.0, float((a * b).sum()) / spread) if spread else 0.0


def _blurred(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a picture with an empty margin, each pixel the sum of nine."""
    wide = np.pad(picture, _MOVED + 1)
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    blurred: NDArray[np.float64] = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return blurred


def _boxed(picture: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the inked box of a picture, stretched to 16x16 and blurred, or None for an empty one."""
    ink = picture > picture.max() * _STROKE
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    box = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image = Image.fromarray((box * (255 / picture.max())).astype(np.uint8))
    small = image.resize((16, 16), Image.Resampling.BILINEAR).filter(ImageFilter.BoxBlur(1))
    return np.asarray(small, np.float64)


def photograph(digit: Array, rng: np.random.Generator) -> Bytes:
    """Return a grey picture, 20 to 240 pixels a side, of a (28, 28) digit in [0, 1] written somewhere on paper."""
    ink = _placed(_enlarged(digit, rng), rng)
    paper = _paper(ink.shape, rng)
    contrast = np.float32(rng.uniform(0.25, 0.95))
    uneven = np.float32(1) - np.float32(rng.uniform(0, 0.4)) * _cloud(ink.shape, 4, rng)
    grey: Array = np.multiply(paper, np.float32(1) - contrast * ink * uneven)
    return _camera(grey, rng)


def _enlarged(digit: Array, rng: np.random.Generator) -> Array:
    """Return the digit's box at a random size, with the sharp edges of a pen rather than those of 28 pixels."""
    rows, columns = (np.flatnonzero((digit > _STROKE).any(axis=axis)) for axis in (1, 0))
    box = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longest = int(2 ** rng.uniform(4.1, 7.0))
    height, width = (max(2, round(side * longest / max(box.shape))) for side in box.shape)
    image = Image.fromarray(box, mode="F").resize((width, height), Image.Resampling.BICUBIC)
    steepness = np.float32(max(1.0, longest / 24))
    edges: Array = (np.asarray(image, np.float32) - np.float32(0.45)) * steepness + np.float32(0.5)
    return np.clip(edges, np.float32(0), np.float32(1))


def _placed(ink: Array, rng: np.random.Generator) -> Array:
    """Return the ink on an empty sheet with random margins, most of them a good part of the digit's size."""
    most = 1.2 if rng.random() < 0.7 else 0.25
    margins = (rng.uniform(0.05, most, (2, 2)) * max(ink.shape)).astype(int) + 1
    return np.pad(ink, margins)


def _paper(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return paper in [0, 1]: light falling off to one side, shadows, fibres, and sometimes ruled."""
    paper = np.full(shape, rng.uniform(0.55, 1.0), np.float32)
    rows, columns = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    fall = rng.uniform(-0.25, 0.25, 2).astype(np.float32)
    paper *= np.float32(1) + fall[0] * rows[:, None] + fall[1] * columns
    if rng.random() < 0.4:
        paper *= np.float32(1) - np.float32(rng.uniform(0.1, 0.4)) * _cloud(shape, 3, rng)
    if rng.random() < 0.5:
        paper *= np.float32(1) - np.float32(rng.uniform(0.02, 0.2)) * _cloud(
            shape, max(4, min(shape) // 3), rng
        )
    if rng.random() < 0.25:
        _rule(paper, rng)
    return np.clip(paper, np.float32(0), np.float32(1), out=paper)


def _cloud(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Array:
    """Return smooth noise in [0, 1] with about this many cells along each side."""
    coarse = rng.integers(0, 256, (cells, cells), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / np.float32(255)


def _rule(paper: Array, rng: np.random.Generator) -> None:
    """Draw lines across the paper, and as often as not columns too."""
    step = int(max(6, rng.uniform(0.2, 0.9) * max(paper.shape)))
    shade = np.float32(rng.uniform(0.7, 0.95))
    paper[int(rng.integers(step)) :: step] *= shade
    if rng.random() < 0.5:
        paper[:, int(rng.integers(step)) :: step] *= shade


def _camera(grey: Array, rng: np.random.Generator) -> Bytes:
    """Return the picture as bytes: blurred, noisy, sometimes compressed, thresholded or with black and white exchanged."""
    noise = np.float32(rng.uniform(0, 0.05)) if rng.random() < 0.6 else np.float32(0)
    grey = grey + noise * rng.standard_normal(grey.shape, dtype=np.float32)
    if rng.random() < 0.12:  # scanned to black and white
        grey = (grey > np.float32(rng.uniform(0.45, 0.6)) * grey.max()).astype(np.float32)
    picture = Image.fromarray((np.clip(grey, 0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, max(0.4, min(picture.size) / 60))))
    if rng.random() < 0.3:
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=int(rng.integers(20, 90)))
        picture = Image.open(buffer)
    pixels = np.asarray(picture)
    return ~pixels if rng.random() < 0.25 else pixels
