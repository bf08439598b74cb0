"""Whether what comes in still looks like what a network learned from: distributions, and how far they lie apart.

Two things are watched: how much of the 28x28 is ink, and which digits there are. A manifest keeps both as they were in
training; a service counts both as they come in.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.arrays import Bytes, Labels, Pixels
from model.form import PIXELS

INK_BOUNDS = (0.12, 0.14, 0.16, 0.175, 0.19, 0.205, 0.22, 0.24, 0.27)
"""Shares of the 784 pixels that have ink, rising; between two neighbours lies about a tenth of MNIST's digits."""

INK_BINS = tuple(
    f"{low:g}-{high:g}" for low, high in zip((0.0, *INK_BOUNDS), (*INK_BOUNDS, 1.0), strict=True)
)
DIGITS = tuple("0123456789")

_BOUNDS = np.array(INK_BOUNDS)

_FLOOR = 1e-4
"""The least share of a bin: none at all would lie infinitely far from some."""


def ink_bins(pixels: Pixels) -> list[int]:
    """Return which of ``INK_BINS`` each of (n, 784) pictures falls in."""
    bins: list[int] = _BOUNDS.searchsorted((pixels != 0).sum(axis=1) / PIXELS).tolist()
    return bins


def profile(images: Bytes, labels: Labels) -> dict[str, list[float]]:
    """Return the shares of ink bins and of digits among training images, as a manifest keeps them.

    Args:
        images: (n, 784) uint8, 0 paper to 255 ink.
        labels: (n,) digits.
    """
    counts = np.bincount(ink_bins(images), minlength=len(INK_BINS))
    digits = np.bincount(labels, minlength=10)
    size = max(1, len(labels))
    return {
        "ink": [round(float(count) / size, 6) for count in counts],
        "digit": [round(float(count) / size, 6) for count in digits],
    }


def population_stability(expected: Sequence[float], found: Sequence[float]) -> float:
    """Return the population stability index of two distributions over the same bins; 0 means that they are equal.

    Below 0.1 they count as alike, from 0.25 on as different.

    Args:
        expected: shares or counts, as they were in training.
        found: shares or counts, as they are now.

    Source: Siddiqi 2006, Credit risk scorecards, chapter 10.
    """
    p, q = _shares(expected), _shares(found)
    return float(((q - p) * np.log(q / p)).sum())


def _shares(counts: Sequence[float]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    values = np.asarray(counts, np.float64)
    shares: np.ndarray[Any, np.dtype[np.float64]] = np.maximum(values / max(values.sum(), 1e-12), _FLOOR)
    return shares
