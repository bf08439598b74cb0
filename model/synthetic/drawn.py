"""Digits drawn from stroke templates, each with its own proportions, slips of the pen and line width."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array
from model.dataset import Dataset
from model.form import DIGIT_SIDE, SIDE
from model.losses import DIGITS
from model.synthetic.pen import SOFTNESS, centred, draw
from model.synthetic.templates import TEMPLATES, Stroke

_STEPS: Final = 8
"""Straight pieces drawn between two points of a smooth stroke, at most."""


def drawn_digits(n: int, rng: np.random.Generator) -> Dataset:
    """Return n drawn digits, as many of each digit as of the others, size-normalised and centred as MNIST's are."""
    labels = np.arange(n) % DIGITS
    images = np.empty((n, SIDE * SIDE), np.uint8)
    for digit in range(DIGITS):
        templates = [template for template in TEMPLATES if template.digit == digit]
        weights = np.array([template.weight for template in templates])
        rows = np.flatnonzero(labels == digit)
        choice = rng.choice(len(templates), len(rows), p=weights / weights.sum())
        for i, template in enumerate(templates):
            chosen = rows[choice == i]
            if len(chosen):
                images[chosen] = written(template.strokes, len(chosen), rng)
    return Dataset(images, labels.astype(np.uint8))


def written(strokes: Sequence[Stroke], n: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return (n, 784) pictures of the same strokes, each written by another hand."""
    return inked(*paths(strokes, n, rng), rng)


def inked(
    points: NDArray[np.float64], down: NDArray[np.bool_], rng: np.random.Generator, widest: float = 4.0
) -> NDArray[np.uint8]:
    """Return (n, 784) pictures of pen paths, size-normalised and centred, with random slant, proportions and line width.

    Args:
        points: (n, m, 2) columns and rows in any unit; changed in place.
        down: (n, m - 1) whether the pen is down between two points.
        rng: where the variation comes from.
        widest: the greatest line width, pixels.
    """
    n = len(points)
    slant = rng.normal(0.1, 0.2, (n, 1))
    points[:, :, 0] -= slant * (points[:, :, 1] - 0.5)
    points[:, :, 0] *= rng.uniform(0.6, 1.2, (n, 1))
    width = rng.uniform(1.2, widest, n)
    return centred(draw(_fitted(points, width), down, width.astype(np.float32)))


def paths(
    strokes: Sequence[Stroke], n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return n varied paths (n, m, 2) of strokes, and (n, m - 1) whether the pen is down along each piece."""
    jitter = rng.uniform(0.02, 0.06, (n, 1, 1))
    points, down = [], []
    for stroke in strokes:
        knots = np.array(stroke.points) + jitter * rng.standard_normal((n, len(stroke.points), 2))
        knots += jitter * rng.standard_normal((n, 1, 2))  # strokes miss each other a little
        path = interpolated(knots) if stroke.smooth else knots
        points.append(path)
        down += [True] * (path.shape[1] - 1) + [False]
    return np.concatenate(points, axis=1), np.tile(np.array(down[:-1]), (n, 1))


def interpolated(knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on the Catmull-Rom curve through the knots (n, k, 2)."""
    before = np.concatenate(
        [2 * knots[:, :1] - knots[:, 1:2], knots, 2 * knots[:, -1:] - knots[:, -2:-1]], axis=1
    )
    t = (np.arange(_STEPS) / _STEPS)[:, None]
    pieces = [
        0.5
        * (
            2 * p1
            + (p2 - p0) * t
            + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
            + (3 * p1 - p0 - 3 * p2 + p3) * t**3
        )
        for p0, p1, p2, p3 in (
            (before[:, i, None], before[:, i + 1, None], before[:, i + 2, None], before[:, i + 3, None])
            for i in range(knots.shape[1] - 1)
        )
    ]
    return np.concatenate([*pieces, knots[:, -1:]], axis=1)


def _fitted(points: NDArray[np.float64], width: NDArray[np.float64]) -> Array:
    """Scale paths so that their ink fills the 20x20 box in the middle of the picture, keeping proportions."""
    low, high = points.min(axis=1, keepdims=True), points.max(axis=1, keepdims=True)
    longest = (high - low).max(axis=2, keepdims=True)
    scale = (DIGIT_SIDE - SOFTNESS - width[:, None, None]) / longest
    fitted: Array = ((points - (low + high) / 2) * scale + (SIDE - 1) / 2).astype(np.float32)
    return fitted
