"""What cameras, scanners and thresholds do to a digit; each effect strikes a fraction of the digits."""

from typing import Final

import numpy as np

from model.arrays import Array
from model.augmentation.settings import AugmentationSettings
from model.form import PIXELS, SIDE

_SCALES: Final = (7, 8, 10, 12, 14, 16, 18)
"""Sides, in pixels, of the coarse pictures that lost resolution passes through."""

_SIGMAS: Final = (0.5, 0.7, 0.9)
"""Standard deviations of blur, pixels."""


class Degradation:
    """Degrades blocks of digits in place, in the order in which light, lens, sensor and threshold would."""

    def __init__(self, settings: AugmentationSettings) -> None:
        self.effects = tuple(
            (fraction, effect)
            for fraction, effect in (
                (settings.occlusion, _occlude),
                (settings.blur, _blur),
                (settings.coarse, _coarsen),
                (settings.noise, _speckle),
                (settings.threshold, _binarise),
                (settings.pale, _fade),
            )
            if fraction > 0
        )

    def apply(self, rng: np.random.Generator, digits: Array) -> None:
        """Degrade digits in place.

        Args:
            rng: where the choices come from.
            digits: (n, 784) float32 in [0, 1]; stays in that range.
        """
        if not self.effects:
            return
        struck = rng.random((len(self.effects), len(digits)))
        for (fraction, effect), draws in zip(self.effects, struck, strict=True):
            rows = np.flatnonzero(draws < fraction)
            if len(rows):
                chosen: Array = digits[rows]
                digits[rows] = effect(chosen, rng)


def _filter(matrix: Array, digits: Array) -> Array:
    """Apply a (28, 28) matrix to the rows and the columns of each digit."""
    filtered: Array = np.matmul(np.matmul(matrix, digits.reshape(-1, SIDE, SIDE)), matrix.T)
    return filtered.reshape(-1, PIXELS)


def _gaussian(sigma: float) -> Array:
    place = np.arange(SIDE)
    bell = np.exp(-0.5 * np.square((place[:, None] - place) / sigma))
    matrix: Array = (bell / bell.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def _resampling(side: int) -> Array:
    """Return the matrix that averages 28 pixels into `side` and interpolates linearly back."""
    edges = np.linspace(0, SIDE, side + 1)
    pixel = np.arange(SIDE)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    down = np.clip(overlap, 0, None) * (side / SIDE)
    place = np.clip((pixel + 0.5) * side / SIDE - 0.5, 0, side - 1)
    up = np.clip(1 - np.abs(place[:, None] - np.arange(side)), 0, None)
    matrix: Array = (up @ down).astype(np.float32)
    return matrix


_BLURS: Final = tuple(_gaussian(sigma) for sigma in _SIGMAS)
_COARSE: Final = tuple(_resampling(side) for side in _SCALES)


def _occlude(digits: Array, rng: np.random.Generator) -> Array:
    """Erase a bar 1 to 3 pixels wide, as a gap in a dry stroke or a removed ruling does."""
    n = len(digits)
    place = np.arange(SIDE)
    start, width = rng.integers(5, 22, n), rng.integers(1, 4, n)
    erased = (place >= start[:, None]) & (place < (start + width)[:, None])
    first = rng.integers(0, 20, n)
    span = (place >= first[:, None]) & (place < (first + rng.integers(4, 12, n))[:, None])
    upright = rng.random(n) < 0.5
    row, column = np.where(upright[:, None], span, erased), np.where(upright[:, None], erased, span)
    gap = row[:, :, None] & column[:, None, :]
    return digits * ~gap.reshape(n, PIXELS)


def _blur(digits: Array, rng: np.random.Generator) -> Array:
    return _filter(_BLURS[rng.integers(len(_BLURS))], digits)


def _coarsen(digits: Array, rng: np.random.Generator) -> Array:
    return _filter(_COARSE[rng.integers(len(_COARSE))], digits)


def _speckle(digits: Array, rng: np.random.Generator) -> Array:
    """Add noise to ink and paper, or specks of either on the other."""
    strength = rng.uniform(0.03, 0.2, (len(digits), 1)).astype(np.float32)
    noise = rng.standard_normal(digits.shape, dtype=np.float32)
    return np.clip(digits + strength * noise, np.float32(0), np.float32(1))


def _binarise(digits: Array, rng: np.random.Generator) -> Array:
    """Threshold with an uneven threshold, leaving edges ragged and nearly without grey."""
    n = len(digits)
    level = rng.uniform(0.25, 0.65, (n, 1)).astype(np.float32)
    unevenness = rng.uniform(0.0, 0.2, (n, 1)).astype(np.float32)
    steepness = rng.uniform(3.0, 20.0, (n, 1)).astype(np.float32)
    threshold = level + unevenness * rng.standard_normal(digits.shape, dtype=np.float32)
    inked = digits > np.float32(0.02)  # clean paper stays clean
    edges: Array = (digits - threshold) * steepness + np.float32(0.5)
    return np.clip(edges, np.float32(0), np.float32(1)) * inked


def _fade(digits: Array, rng: np.random.Generator) -> Array:
    return digits * rng.uniform(0.5, 0.95, (len(digits), 1)).astype(np.float32)
