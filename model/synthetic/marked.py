"""MNIST's own digits with a mark over them, or drawn as outlines, found again by the real normaliser.

Forms are struck by a line of their ruling, by a neighbour's pen or a crack; headings are written hollow. The normaliser
keeps what touches the digit, so that the network must read past it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.arrays import Bytes
from model.dataset import Dataset
from model.form import SIDE
from model.network import as_inputs
from model.pixels import normalise
from model.synthetic.pen import draw

Vector = NDArray[np.float64]

_OUTLINED: Final = 0.3
"""The share drawn as outlines; the others have a line over them."""

_STRAIGHT: Final = 0.5
"""The share of lines that are straight; the others run in zigzags."""

_UPRIGHT: Final = 0.2
"""The share of lines that run from top to bottom rather than from left to right."""

_POINTS: Final = 25
"""Of a line."""

_SIGNED: Final = 1
"""The digit that a straight line makes another sign, a plus or a cross."""

_LARGE: Final = 3
"""Times as large as it is in the end a digit is when its outline is taken: a stroke is wider than its outline then."""


def marked_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n digits, each drawn from the data, with a line over it or as an outline, and normalised again."""
    chosen = rng.integers(len(data), size=n)
    images, labels = data.images[chosen], data.labels[chosen]
    outlined = rng.random(n) < _OUTLINED
    straight = (rng.random(n) < _STRAIGHT) & (labels != _SIGNED)
    images[outlined] = [_outline(image, rng) for image in images[outlined]]
    images[~outlined] = _with_line(images[~outlined], straight[~outlined], rng)
    found = [normalise(image.reshape(SIDE, SIDE)).pixels.ravel() for image in images]
    return Dataset(np.array(found, np.uint8).reshape(n, SIDE * SIDE), labels)


def _with_line(images: Bytes, straight: NDArray[np.bool_], rng: np.random.Generator) -> Bytes:
    """Draw a line across each picture, from one edge to the other or nearly so."""
    n = len(images)
    along = np.linspace(rng.uniform(0, 5, n), rng.uniform(SIDE - 6, SIDE - 1, n), _POINTS, axis=1)
    first, last = rng.uniform(2, SIDE - 3, (2, n))
    across = np.linspace(first, last, _POINTS, axis=1) + np.where(straight[:, None], 0, _zigzag(n, rng))
    upright = rng.random((n, 1)) < _UPRIGHT
    points = np.stack([np.where(upright, across, along), np.where(upright, along, across)], axis=2)
    width = rng.uniform(0.5, 2.2, n).astype(np.float32)
    line = draw(points.astype(np.float32), np.ones((n, _POINTS - 1), np.bool_), width)
    line *= rng.uniform(0.5, 1, (n, 1)).astype(np.float32)
    marked: Bytes = np.rint(np.maximum(as_inputs(images), line) * 255).astype(np.uint8)
    return marked


def _zigzag(n: int, rng: np.random.Generator) -> Vector:
    """Return (n, points) pixels by which each point lies beside a straight line."""
    begin, turns = rng.random(n), rng.uniform(1, 7, n)
    wave = np.linspace(begin, begin + turns, _POINTS, axis=1) % 1
    beside: Vector = rng.uniform(1, 4, (n, 1)) * (4 * np.abs(wave - 0.5) - 1)
    return beside


def _outline(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Return the (784,) outline of a digit: of its ink as it is, or of strokes made wider, whose outlines do not touch."""
    large = Image.fromarray(image.reshape(SIDE, SIDE)).resize((_LARGE * SIDE,) * 2, Image.Resampling.BICUBIC)
    ink = np.asarray(large) >= rng.integers(60, 160)
    body = _wider(ink, int(rng.integers(0, 3)))
    ring = _wider(body, int(rng.integers(1, _LARGE + 1))) & ~body
    small = Image.fromarray(ring.astype(np.uint8) * 255).resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    outline: Bytes = np.rint(grey * (255 / max(1, grey.max()))).astype(np.uint8).ravel()
    return outline


def _wider(ink: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Return ink and its four neighbours, as often as told: rounder than the squares of ``planes.dilated``."""
    for _ in range(by):
        wide = np.pad(ink, 1)
        ink = wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return ink
