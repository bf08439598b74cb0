"""Pictures of no digit that are made of digits: turned, mirrored, several together, cut up, crossed out."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.arrays import Array, Bytes
from model.dataset import Dataset
from model.form import DIGIT_SIDE, PIXELS, SIDE
from model.network import as_inputs
from model.synthetic.pen import centred, draw

Rng = np.random.Generator

_FLIPS: Final[dict[str, tuple[int, ...]]] = {
    "mirrored": (3, 4, 6, 7, 9),
    "quarter": (2, 3, 4, 5, 6, 7, 9),
    "half": (3, 4, 7),
    "upside down": (4, 6, 7, 9),
}
"""Which digits are no digit any more when they are turned or mirrored."""

_STRUCK: Final = (2, 3, 4, 5, 6, 8, 9)
"""Digits that lines through them make illegible; a 0 or 7 with one is common, a 1 with one a sign."""


def turned(data: Dataset, n: int, rng: Rng) -> Bytes:
    """Return (n, 784) digits turned or mirrored to what is none."""
    parts = []
    for part, (kind, digits) in zip(np.array_split(np.arange(n), len(_FLIPS)), _FLIPS.items(), strict=True):
        pictures = _some(data, digits, len(part), rng)
        if kind == "mirrored":
            pictures = pictures[:, :, ::-1]
        elif kind == "upside down":
            pictures = pictures[:, ::-1]
        else:
            pictures = np.rot90(pictures, 2 if kind == "half" else int(rng.choice([1, 3])), axes=(1, 2))
        parts.append(pictures.reshape(-1, PIXELS))
    return np.concatenate(parts)


def several(data: Dataset, n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures of two or three digits in the place of one, most of them touching."""
    out = np.empty((n, PIXELS), np.float32)
    for i in range(n):
        digits = _some(data, range(10), int(rng.choice([2, 3], p=[0.75, 0.25])), rng)
        out[i] = _fitted(_row([_trimmed(digit) for digit in digits], rng), rng)
    return centred(out)


def _trimmed(digit: Bytes) -> Bytes:
    """Return the columns with ink, at least one."""
    columns = np.flatnonzero(digit.any(axis=0))
    return digit[:, columns[0] : columns[-1] + 1] if len(columns) else digit[:, :1]


def _row(digits: list[Bytes], rng: Rng) -> Bytes:
    """Write digits one beside the other, overlapping by a few pixels or with a gap."""
    gaps = rng.integers(-4, 3, len(digits) - 1)
    row = digits[0]
    for digit, gap in zip(digits[1:], gaps, strict=True):
        start = max(0, row.shape[1] + int(gap))
        wide = np.zeros((SIDE, max(row.shape[1], start + digit.shape[1])), np.uint8)
        wide[:, : row.shape[1]] = row
        part = wide[:, start : start + digit.shape[1]]
        np.maximum(part, digit, out=part)
        row = wide
    return row


def _fitted(row: Bytes, rng: Rng) -> Array:
    """Return a row of digits in the box of one, in their proportions, or squeezed as scanners do that fill a square."""
    lines = np.flatnonzero(row.any(axis=1))
    inked = row[lines[0] : lines[-1] + 1] if len(lines) else row
    longest = max(inked.shape)
    height, width = (max(1, round(side * DIGIT_SIDE / longest)) for side in inked.shape)
    if rng.random() < 0.4:
        height = int(rng.integers(height, DIGIT_SIDE + 1))
    picture = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    small = Image.fromarray(inked).resize((width, height), Image.Resampling.BOX)
    picture[top : top + height, left : left + width] = np.asarray(small, np.float32) / 255
    ink: Array = np.clip(picture.reshape(-1) * np.float32(rng.uniform(1, 2)), np.float32(0), np.float32(1))
    return ink


def spoiled(data: Dataset, n: int, rng: Rng) -> Bytes:
    """Return (n, 784) pictures of two digits one upon the other, of a digit's quarters in another order, and of crossed-out digits."""
    third = n // 3
    one, other = (_some(data, range(10), n - third, rng) for _ in range(2))
    mixed = np.maximum(one, np.roll(other, 4, axis=2))
    mixed[:third] = np.roll(one[:third], (SIDE // 2, SIDE // 2), axis=(1, 2))
    crossed = _crossed_out(_some(data, _STRUCK, third, rng).reshape(third, PIXELS), rng)
    return np.concatenate([centred(as_inputs(mixed).reshape(-1, PIXELS)), crossed])


def _crossed_out(digits: Bytes, rng: Rng) -> Bytes:
    """Draw two lines through the middle of each digit, to its ends and beyond: one alone leaves it legible."""
    n = len(digits)
    ink = as_inputs(digits)
    width = rng.uniform(1.5, 3, n).astype(np.float32)
    slant = rng.uniform(-0.9, 0.9, n)
    for angle in (slant, slant + rng.uniform(0.6, 2, n)):
        reach = rng.uniform(8, 12, (n, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        middle = SIDE / 2 + rng.normal(0, 1.2, (n, 2))
        points = np.stack([middle - reach, middle + reach], axis=1).astype(np.float32)
        ink = np.maximum(ink, draw(points, np.ones((n, 1), np.bool_), width))
    return centred(ink)


def _some(data: Dataset, digits: "tuple[int, ...] | range", n: int, rng: Rng) -> Bytes:
    """Return (n, 28, 28) pictures of these digits; all paper if there are none."""
    rows: NDArray[np.intp] = np.flatnonzero(np.isin(data.labels, list(digits)))
    if len(rows) == 0:
        return np.zeros((n, SIDE, SIDE), np.uint8)
    chosen: Bytes = data.images[rng.choice(rows, n)]
    return chosen.reshape(n, SIDE, SIDE)
