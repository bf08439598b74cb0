"""Letters of no alphabet, and scribbles: pen paths made from nothing.

What letters of all alphabets share is how they are written: few strokes, each a few lines and arcs with corners between
them, that begin, end or cross on one another. Letters invented by that rule stand for the alphabets that nobody drew.
The idea is that of Lake et al. 2015, Human-level concept learning through probabilistic program induction.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Bytes
from model.form import PIXELS
from model.synthetic.drawn import inked, interpolated

Floats = NDArray[np.float64]
Rng = np.random.Generator

_SEGMENTS, _PIECES = 3, 6
"""Lines or arcs in a stroke at most, and the straight pieces that each is drawn with."""

_SCRIBBLE: Final = 60
"""Straight pieces of a scribble."""

_WIDEST: Final = 3.2
"""Line width at most, pixels: where there is more to see than in a digit, pens are finer."""

_STROKES: Final = (0.25, 0.35, 0.25, 0.15)
"""The shares of letters with one, two, three and four strokes."""


def invented(n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures of letters of no alphabet, no two of them the same letter."""
    counts = rng.multinomial(n, _STROKES)
    parts = [_letters(int(count), strokes, rng) for strokes, count in enumerate(counts, start=1) if count]
    return np.concatenate([np.empty((0, PIXELS), np.uint8), *parts])


def _letters(n: int, strokes: int, rng: Rng) -> Bytes:
    paths = [_stroke(n, rng)]
    for _ in range(strokes - 1):
        paths.append(_placed(_stroke(n, rng), np.concatenate(paths, axis=1), rng))
    down = ([True] * (_SEGMENTS * _PIECES) + [False]) * strokes
    return inked(np.concatenate(paths, axis=1), np.tile(np.array(down[:-1]), (n, 1)), rng, _WIDEST)


def _stroke(n: int, rng: Rng) -> Floats:
    """Return (n, m, 2) points of strokes that begin at 0, 0."""
    shape = (n, _SEGMENTS)
    side = rng.choice([-1.0, 1.0], shape)
    bend = rng.choice(3, shape, p=[0.45, 0.35, 0.2])  # a line, an arc, nearly a ring
    turn = side * np.choose(
        bend, [rng.normal(0, 0.1, shape), rng.uniform(0.6, 3.2, shape), rng.uniform(3.2, 6, shape)]
    )
    corner = np.where(
        rng.random(shape) < 0.35, 0, rng.choice([-1.0, 1.0], shape) * rng.uniform(0.6, 2.6, shape)
    )
    length = rng.uniform(0.25, 1, shape)
    length[:, 1:] *= rng.random((n, _SEGMENTS - 1)) < 0.6
    start = rng.integers(8, size=(n, 1)) * (np.pi / 4) + rng.normal(0, 0.2, (n, 1))
    change = np.repeat(turn / _PIECES, _PIECES, axis=1)
    change[:, ::_PIECES] += corner * (length > 0)
    heading = start + np.cumsum(change * np.repeat(length > 0, _PIECES, axis=1), axis=1)
    step = np.repeat(length / _PIECES, _PIECES, axis=1)
    walk = np.cumsum(step[..., None] * np.stack([np.cos(heading), np.sin(heading)], axis=2), axis=1)
    return np.concatenate([np.zeros((n, 1, 2)), walk], axis=1)


def _placed(stroke: Floats, before: Floats, rng: Rng) -> Floats:
    """Move strokes so that a point of each lies on the strokes before, or near them."""
    n = len(stroke)
    rows = np.arange(n)
    held = np.where(rng.random(n) < 0.5, 0, rng.integers(stroke.shape[1], size=n))
    to = before[rows, rng.integers(before.shape[1], size=n)]
    size = np.ptp(before, axis=1)
    apart = np.where(rng.random((n, 1)) < 0.65, 0, rng.normal(0, 0.4, (n, 2)) * size)
    moved: Floats = stroke + (to + apart - stroke[rows, held])[:, None]
    return moved


def scribbles(n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures of scribbles: hatchings, loops, spirals, tangles and walks."""
    kinds = (_hatching, _loops, _spiral, _tangle, _walk)
    parts = [np.empty((0, PIXELS), np.uint8)]
    for make, rows in zip(kinds, np.array_split(np.arange(n), len(kinds)), strict=True):
        paths = _turned(make(len(rows), rng), rng)
        parts.append(inked(paths, np.ones((len(rows), paths.shape[1] - 1), np.bool_), rng, _WIDEST))
    return np.concatenate(parts)


def _hatching(n: int, rng: Rng) -> Floats:
    """Return to and fro, each line a little further."""
    turns = rng.integers(6, 20, (n, 1))
    t = np.linspace(0, 1, _SCRIBBLE)
    swing = np.abs((t * turns) % 2 - 1) + rng.normal(0, 0.08, (n, _SCRIBBLE))
    return np.stack([swing * rng.uniform(0.4, 1.2, (n, 1)), t + rng.normal(0, 0.02, (n, _SCRIBBLE))], axis=2)


def _loops(n: int, rng: Rng) -> Floats:
    """Return a pen that circles while it moves on."""
    t = np.linspace(0, 1, _SCRIBBLE)
    angle = rng.uniform(0, 2 * np.pi, (n, 1)) + 2 * np.pi * rng.uniform(2.5, 6, (n, 1)) * t
    size = rng.uniform(0.15, 0.5, (n, 1)) * (1 + 0.3 * _wander(n, rng))
    return np.stack([t + size * np.cos(angle), size * np.sin(angle) * rng.uniform(0.5, 1.5, (n, 1))], axis=2)


def _spiral(n: int, rng: Rng) -> Floats:
    t = np.linspace(0, 1, _SCRIBBLE)
    angle = (
        rng.uniform(0, 2 * np.pi, (n, 1))
        + rng.choice([-1, 1], (n, 1)) * 2 * np.pi * rng.uniform(1.7, 4, (n, 1)) * t
    )
    size = t * (1 + 0.15 * _wander(n, rng))
    return np.stack([size * np.cos(angle), size * np.sin(angle)], axis=2)


def _tangle(n: int, rng: Rng) -> Floats:
    knots = rng.uniform(0, 1, (n, int(rng.integers(6, 20)), 2))
    return interpolated(knots) if rng.random() < 0.7 else knots


def _walk(n: int, rng: Rng) -> Floats:
    """Return points of random walks that turn at every step."""
    steps = int(rng.integers(6, 10))
    heading = rng.uniform(0, 2 * np.pi, (n, 1)) + np.cumsum(rng.normal(0, 1.2, (n, steps)), axis=1)
    length = rng.uniform(0.1, 0.5, (n, steps))
    walk = np.cumsum(np.stack([length * np.cos(heading), length * np.sin(heading)], axis=2), axis=1)
    return interpolated(walk) if rng.random() < 0.7 else walk


def _wander(n: int, rng: Rng) -> Floats:
    """Return (n, m) values that change slowly along a scribble, mean 0 and deviation about 1."""
    walk: Floats = np.cumsum(rng.standard_normal((n, _SCRIBBLE)), axis=1) / np.sqrt(_SCRIBBLE / 2)
    return walk


def _turned(paths: Floats, rng: Rng) -> Floats:
    angle = rng.uniform(0, 2 * np.pi, len(paths))
    c, s = np.cos(angle), np.sin(angle)
    turned: Floats = np.einsum(
        "nij,nkj->nki", np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1), paths
    )
    return turned
