"""Pictures that are no digit, made from nothing: what a network must see to learn what it does not know."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes
from model.dataset import Dataset
from model.form import PIXELS, SIDE
from model.network import as_inputs
from model.novelty.compositions import several, spoiled, turned
from model.novelty.glyphs import glyphs
from model.novelty.inventions import invented, scribbles
from model.novelty.textures import silhouettes, textures
from model.pixels import normalise
from model.synthetic.drawn import inked, paths
from model.synthetic.papers import photograph
from model.synthetic.templates import Stroke

Rng = np.random.Generator

PHOTOGRAPHED: Final = 0.1
"""The share of pictures that are written on paper, photographed and normalised again, at about 5 ms each."""

ALIKE: Final = 0.88
"""An invented letter whose likeness to some digit is greater is one."""

_REFERENCES: Final = 2000
"""Digits that invented letters are compared with."""

_AT_ONCE: Final = 128
"""Letters that are drawn at once."""


def non_digits(data: Dataset, n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures that are no digit, size-normalised and centred as digits are.

    Args:
        data: digits; some are turned, cut or joined to what is none.
        n: how many pictures.
        rng: where all variation comes from.
    """
    kinds: list[tuple[float, Callable[[int], Bytes]]] = [
        (0.36, lambda m: _letters(glyphs(), m, rng)),
        (0.04, lambda m: _letters([_pair(rng) for _ in range(m // 2 + 1)], m, rng)),
        (0.24, lambda m: _unlike(data, lambda k: invented(k, rng), m)),
        (0.08, lambda m: _unlike(data, lambda k: scribbles(k, rng), m)),
        (0.08, lambda m: turned(data, m, rng)),
        (0.06, lambda m: several(data, m, rng)),
        (0.05, lambda m: spoiled(data, m, rng)),
        (0.05, lambda m: textures(m, rng)),
        (0.04, lambda m: silhouettes(m, rng)),
    ]
    ends = np.rint(np.cumsum([share for share, _ in kinds]) * n).astype(int)
    counts = np.diff(ends, prepend=0)
    pictures = np.concatenate([make(int(m)) for (_, make), m in zip(kinds, counts, strict=True)])
    return _photographed(pictures, rng)


def _letters(alphabet: Sequence[Sequence[Stroke]], n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures of letters of the alphabet, each in another hand; those with paths alike in length are drawn at once."""
    counts = rng.multinomial(n, np.full(len(alphabet), 1 / len(alphabet)))
    written = [
        paths(strokes, int(count), rng) for strokes, count in zip(alphabet, counts, strict=True) if count
    ]
    one_by_one = [(points[i], down[i]) for points, down in written for i in range(len(points))]
    one_by_one.sort(key=lambda letter: len(letter[0]))
    parts = [_together(one_by_one[start : start + _AT_ONCE], rng) for start in range(0, n, _AT_ONCE)]
    return np.concatenate([np.empty((0, PIXELS), np.uint8), *parts])


def _together(letters: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]], rng: Rng) -> Bytes:
    """Draw paths of different lengths: the shorter rest at their end."""
    longest = max(len(points) for points, _ in letters)
    points = np.stack([np.pad(p, ((0, longest - len(p)), (0, 0)), mode="edge") for p, _ in letters])
    down = np.stack([np.pad(d, (0, longest - 1 - len(d))) for _, d in letters])
    return inked(points, down, rng)


def _pair(rng: Rng) -> tuple[Stroke, ...]:
    """Return two letters side by side."""
    left, right = (glyphs()[i] for i in rng.integers(len(glyphs()), size=2))
    by = float(rng.uniform(0.8, 1.3))
    return (*left, *(Stroke(tuple((x + by, y) for x, y in s.points), s.smooth) for s in right))


def _unlike(data: Dataset, make: Callable[[int], Bytes], n: int) -> Bytes:
    """Return n of what is made, without what any digit is much like; the least alike if too few are left."""
    references = _outline(data.images[:: max(1, len(data) // _REFERENCES)])
    pictures = make(n + n // 4 + 1)
    likeness = (_outline(pictures) @ references.T).max(axis=1)
    good = np.flatnonzero(likeness < ALIKE)
    return pictures[good[:n] if len(good) >= n else np.argsort(likeness, kind="stable")[:n]]


def _outline(images: Bytes) -> Array:
    """Return (n, 784) blurred pictures with mean 0 and length 1, whose products are correlations."""
    wide = np.pad(images.reshape(-1, SIDE, SIDE).astype(np.float32), ((0, 0), (1, 1), (1, 1)))
    rows = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    blurred = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]).reshape(-1, PIXELS)
    blurred -= blurred.mean(axis=1, keepdims=True)
    outline: Array = blurred / np.maximum(np.linalg.norm(blurred, axis=1, keepdims=True), np.float32(1e-6))
    return outline


def _photographed(pictures: Bytes, rng: Rng) -> Bytes:
    """Put a share of the pictures through paper, camera and normaliser, where enough ink comes back."""
    chosen: NDArray[np.intp] = np.flatnonzero(
        (rng.random(len(pictures)) < PHOTOGRAPHED) & (pictures.max(axis=1) > 128)
    )
    for i in chosen:
        found = normalise(photograph(as_inputs(pictures[i]).reshape(SIDE, SIDE), rng)).pixels
        if found.max() > 128:
            pictures[i] = found.ravel()
    return pictures
