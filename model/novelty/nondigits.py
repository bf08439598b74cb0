"""Pictures that are no digit, made from nothing: what a network must see to learn what it does not know."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Bytes
from model.dataset import Dataset
from model.network import PIXELS, as_inputs
from model.novelty.glyphs import glyphs
from model.novelty.textures import silhouettes, textures
from model.synthetic.drawn import inked, interpolated, written
from model.synthetic.pen import SIDE, centred
from model.synthetic.templates import Stroke

Rng = np.random.Generator

_ALIKE: Final = 20
"""Pictures that are drawn at once, of one invented letter or with one number of strokes."""

_FLIPS: Final[dict[str, tuple[int, ...]]] = {
    "mirrored": (3, 4, 6, 7, 9),
    "quarter": (2, 3, 4, 5, 6, 7, 9),
    "half": (3, 4, 7),
    "upside down": (4, 6, 7, 9),
}
"""Which digits are no digit any more when they are turned or mirrored."""


def non_digits(data: Dataset, n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures that are no digit, size-normalised and centred as digits are.

    Args:
        data: digits; some are turned, cut or joined to what is none.
        n: how many pictures.
        rng: where all variation comes from.
    """
    kinds: list[tuple[float, Callable[[int], Bytes]]] = [
        (0.42, lambda m: _letters(glyphs(), m, rng)),
        (0.16, lambda m: _letters([_invented(rng) for _ in range(m // _ALIKE + 1)], m, rng)),
        (0.12, lambda m: _scrawls(m, rng)),
        (0.10, lambda m: _turned(data, m, rng)),
        (0.06, lambda m: _side_by_side(data.images, m, rng)),
        (0.05, lambda m: _overlaid(data.images, m, rng)),
        (0.05, lambda m: textures(m, rng)),
        (0.04, lambda m: silhouettes(m, rng)),
    ]
    ends = np.rint(np.cumsum([share for share, _ in kinds]) * n).astype(int)
    counts = np.diff(ends, prepend=0)
    return np.concatenate([make(int(m)) for (_, make), m in zip(kinds, counts, strict=True)])


def _letters(alphabet: Sequence[Sequence[Stroke]], n: int, rng: Rng) -> Bytes:
    chosen = rng.integers(len(alphabet), size=n)
    out = np.empty((n, PIXELS), np.uint8)
    for i, strokes in enumerate(alphabet):
        rows = np.flatnonzero(chosen == i)
        if len(rows):
            out[rows] = written(strokes, len(rows), rng)
    return out


def _invented(rng: Rng) -> tuple[Stroke, ...]:
    """Return a letter of no alphabet: two to five lines and arcs between the points of a grid, in one to three strokes."""
    strokes, points = [], [rng.integers(0, 4, 2) / 3]
    for i in range(int(rng.integers(2, 6))):
        start, end = points[-1], rng.integers(0, 4, 2) / 3
        if (start == end).all():
            end = (start + np.array([1 / 3, 2 / 3])) % 1
        if rng.random() < 0.5:
            across = (end - start)[::-1] * (1, -1)
            points.append((start + end) / 2 + rng.choice([-0.4, 0.4]) * across)
        points.append(end)
        if i and rng.random() < 0.4:
            strokes.append(_stroke(points, rng))
            points = [rng.integers(0, 4, 2) / 3]
    return (*strokes, _stroke(points, rng)) if len(points) > 1 else tuple(strokes)


def _stroke(points: list[NDArray[np.float64]], rng: Rng) -> Stroke:
    return Stroke(tuple((float(x), float(y)) for x, y in points), smooth=bool(rng.random() < 0.7))


def _scrawls(n: int, rng: Rng) -> Bytes:
    """Random strokes, as many and as long as those of the world's alphabets; one in four is a dense scribble."""
    parts = [np.empty((0, PIXELS), np.uint8)]
    for group in np.array_split(np.arange(n), n // _ALIKE + 1):
        scribble = rng.random() < 0.25
        strokes = 1 if scribble else int(rng.integers(1, 5))
        paths, down = [], []
        for _ in range(strokes):
            if scribble:
                knots = rng.uniform(0, 1, (len(group), int(rng.integers(6, 20)), 2))
            else:
                knots = _walk(len(group), int(rng.integers(7 - strokes, 9)), rng)
            path = interpolated(knots) if rng.random() < 0.7 else knots
            paths.append(path)
            down += [True] * (path.shape[1] - 1) + [False]
        points = np.concatenate(paths, axis=1)
        parts.append(inked(points, np.tile(np.array(down[:-1]), (len(group), 1)), rng))
    return np.concatenate(parts)


def _walk(n: int, steps: int, rng: Rng) -> NDArray[np.float64]:
    """Return (n, steps, 2) points of random walks that turn at every step."""
    heading = rng.uniform(0, 2 * np.pi, (n, 1)) + np.cumsum(rng.normal(0, 1.2, (n, steps)), axis=1)
    length = rng.uniform(0.1, 0.5, (n, steps))
    walk = np.cumsum(np.stack([length * np.cos(heading), length * np.sin(heading)], axis=2), axis=1)
    start: NDArray[np.float64] = rng.uniform(0, 0.7, (n, 1, 2))
    return start + walk


def _turned(data: Dataset, n: int, rng: Rng) -> Bytes:
    parts = []
    for part, (kind, digits) in zip(np.array_split(np.arange(n), len(_FLIPS)), _FLIPS.items(), strict=True):
        rows = np.flatnonzero(np.isin(data.labels, digits))
        pictures = _some(data.images, rows, len(part), rng)
        if kind == "mirrored":
            pictures = pictures[:, :, ::-1]
        elif kind == "upside down":
            pictures = pictures[:, ::-1]
        else:
            pictures = np.rot90(pictures, 2 if kind == "half" else int(rng.choice([1, 3])), axes=(1, 2))
        parts.append(pictures.reshape(-1, PIXELS))
    return np.concatenate(parts)


def _side_by_side(images: Bytes, n: int, rng: Rng) -> Bytes:
    """Two digits in the place of one."""
    narrow = [
        _some(images, np.arange(len(images)), n, rng).reshape(n, SIDE, SIDE // 2, 2).mean(axis=3)
        for _ in range(2)
    ]
    gap = rng.integers(0, 3, n)
    out = np.zeros((n, SIDE, SIDE), np.float32)
    for shift in range(3):
        rows = gap == shift
        out[rows, :, shift : shift + SIDE // 2] = narrow[0][rows]
        right = out[rows, :, SIDE // 2 - shift : SIDE - shift]
        out[rows, :, SIDE // 2 - shift : SIDE - shift] = np.maximum(right, narrow[1][rows])
    pictures: Bytes = np.minimum(out * 1.3, 255).astype(np.uint8)
    return pictures.reshape(n, PIXELS)


def _overlaid(images: Bytes, n: int, rng: Rng) -> Bytes:
    """Two digits one upon the other, or the four quarters of a digit in another order."""
    one, other = (_some(images, np.arange(len(images)), n, rng) for _ in range(2))
    out = np.maximum(one, np.roll(other, 4, axis=2))
    half = n // 2
    middle = SIDE // 2
    out[:half] = np.roll(one[:half], (middle, middle), axis=(1, 2))
    return centred(as_inputs(out).reshape(n, PIXELS))


def _some(images: Bytes, rows: "NDArray[np.intp]", n: int, rng: Rng) -> Bytes:
    """Return (n, 28, 28) pictures drawn from these rows; all paper if there are none."""
    if len(rows) == 0:
        return np.zeros((n, SIDE, SIDE), np.uint8)
    chosen: Bytes = images[rng.choice(rows, n)]
    return chosen.reshape(n, SIDE, SIDE)
