"""MNIST's own digits with a stroke added that their writers left out: the flag and the base of a 1, the bar of a 7."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes
from model.dataset import Dataset
from model.form import SIDE
from model.synthetic.pen import centred, draw

Vector = NDArray[np.float64]

_INK: Final = 128
"""Grey values from here on are stroke, less is its edge."""


def restyled_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n of the data's own ones, sevens and nines with a stroke added; fewer if the data has fewer than n of them.

    Half are ones (a flag, a base or both), three in eight sevens (a bar, a serif), one in eight nines (a hook).
    """
    parts = []
    for digit, share, add in ((1, 0.5, _one), (7, 0.375, _seven), (9, 0.125, _nine)):
        rows = np.flatnonzero(data.labels == digit)
        chosen = rng.permutation(rows)[: round(n * share)]
        parts.append(Dataset(add(data.images[chosen], rng), np.full(len(chosen), digit, np.uint8)))
    return parts[0].joined(parts[1]).joined(parts[2])


def _one(images: Bytes, rng: np.random.Generator) -> Bytes:
    ink = images.reshape(-1, SIDE, SIDE) >= _INK
    x, y = _end(ink)
    angle, length = np.deg2rad(rng.uniform(20, 70, len(x))), rng.uniform(3.5, 10, len(x))
    flag = [(x, y), (x - length * np.cos(angle), y + length * np.sin(angle))]
    foot_x, foot_y = _end(ink[:, ::-1])
    foot_y = SIDE - 1 - foot_y
    tilt = rng.normal(0, 0.5, len(x))
    base = [
        (foot_x - rng.uniform(2, 5, len(x)), foot_y - tilt),
        (foot_x + rng.uniform(1.5, 5, len(x)), foot_y + tilt),
    ]
    kind = rng.random(len(x))
    return _with_strokes(images, [(flag, kind < 0.85), (base, kind > 0.35)], rng)


def _seven(images: Bytes, rng: np.random.Generator) -> Bytes:
    ink = images.reshape(-1, SIDE, SIDE) >= _INK
    _, top = _end(ink)
    _, under = _end(ink[:, ::-1])
    y = top + (SIDE - 1 - under - top) * rng.uniform(0.42, 0.62, len(images))
    x = _middle(ink, y)
    half, tilt = rng.uniform(2.5, 5, (2, len(x))), rng.normal(0.3, 0.6, len(x))
    bar = [(x - half[0], y + tilt), (x + half[1], y - tilt)]
    left_x, left_y = _end(ink.transpose(0, 2, 1))[::-1]
    serif = [(left_x, left_y), (left_x - rng.uniform(-0.5, 1, len(x)), left_y + rng.uniform(2, 5, len(x)))]
    kind = rng.random(len(x))
    return _with_strokes(images, [(bar, kind < 0.85), (serif, kind > 0.65)], rng)


def _nine(images: Bytes, rng: np.random.Generator) -> Bytes:
    ink = images.reshape(-1, SIDE, SIDE) >= _INK
    x, under = _end(ink[:, ::-1])
    y = SIDE - 1 - under
    out, up = rng.uniform(2, 4, len(x)), rng.uniform(0, 2.5, len(x))
    hook = [
        (x, y),
        (x - out, y + rng.uniform(-0.5, 0.5, len(x))),
        (x - out - rng.uniform(1, 3, len(x)), y - up),
    ]
    return _with_strokes(images, [(hook, np.ones(len(x), np.bool_))], rng)


def _end(ink: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """Return column and row of the middle of the first row with ink."""
    row = ink.any(axis=2).argmax(axis=1)
    return _middle(ink, row.astype(np.float64)), row.astype(np.float64)


def _middle(ink: NDArray[np.bool_], row: Vector) -> Vector:
    """Return the mean column of the ink in each digit's row; the middle of the picture where that row has none."""
    line = ink[np.arange(len(ink)), np.rint(row).astype(np.intp)]
    count = line.sum(axis=1)
    return np.where(count > 0, line @ np.arange(SIDE) / np.maximum(count, 1), (SIDE - 1) / 2)


def _with_strokes(
    images: Bytes,
    strokes: list[tuple[list[tuple[Vector, Vector]], NDArray[np.bool_]]],
    rng: np.random.Generator,
) -> Bytes:
    """Return the digits with strokes added where wanted, each as thick as the digit's own, centred by mass again."""
    ink: Array = (images / np.float32(255)).astype(np.float32)
    width = _stroke_width(ink) * rng.uniform(0.8, 1.1, len(ink)).astype(np.float32)
    for path, wanted in strokes:
        points = np.stack([np.stack(point, axis=1) for point in path], axis=1).astype(np.float32)
        points = np.clip(points, np.float32(3), np.float32(SIDE - 4))
        down = np.repeat(wanted[:, None], len(path) - 1, axis=1)
        ink = np.maximum(ink, draw(points, down, width))
    return centred(ink)


def _stroke_width(ink: Array) -> Array:
    """Return (n,) pixels: twice the area over the length of the outline, measured by the steps of grey along both axes."""
    pictures = ink.reshape(-1, SIDE, SIDE)
    outline = sum(np.abs(np.diff(pictures, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2))
    width: Array = (2.5 * pictures.sum(axis=(1, 2)) / np.maximum(outline, 1)).astype(np.float32)
    return np.clip(width, np.float32(1.2), np.float32(4))
