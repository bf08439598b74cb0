"""Small matrices that enlarge, blur and average the lines of a picture; both axes at once are two products.

For pictures of some dozen pixels a product with a matrix made before is several times faster than a filter.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

SIGMA_STEPS = 16
"""Steps of sigma in a pixel, so that few matrices have to be made."""

TINY = np.finfo(np.float32).tiny
"""The least 32-bit float that is kept to full precision; some processors take many times as long for a smaller one."""


@lru_cache(maxsize=512)
def enlarging(length: int, wanted: int) -> Floats:
    """Return (wanted, length) weights of bicubic interpolation."""
    identity = Image.fromarray(np.eye(length, dtype=np.float32))
    return np.asarray(identity.resize((length, wanted), Image.Resampling.BICUBIC))


def gaussian(length: int, sigma: float) -> Floats:
    """Return (length, length) weights of a Gaussian of ``sigma`` pixels, to the nearest sixteenth; beyond is nothing."""
    return _gaussian(length, max(1, round(sigma * SIGMA_STEPS)))


@lru_cache(maxsize=512)
def _gaussian(length: int, sixteenths: int) -> Floats:
    sigma = sixteenths / SIGMA_STEPS
    index = np.arange(length)
    reach = np.arange(-math.ceil(4 * sigma), math.ceil(4 * sigma) + 1)
    total = np.exp(-0.5 * (reach / sigma) ** 2).sum()
    weights: Floats = (np.exp(-0.5 * ((index[:, None] - index) / sigma) ** 2) / total).astype(np.float32)
    weights[weights < TINY] = 0
    return weights


@lru_cache(maxsize=512)
def smoothing(length: int, sigma: float) -> Floats:
    """Return the same for a picture that goes on beyond its borders: each line of weights has the sum 1."""
    weights = gaussian(length, sigma)
    whole: Floats = weights / weights.sum(axis=1, keepdims=True)
    return whole


@lru_cache(maxsize=512)
def averaging(length: int, wanted: int) -> Floats:
    """Return (wanted, length) weights that average ``length`` pixels into ``wanted``, by the share each covers."""
    edges = np.arange(wanted + 1) * (length / wanted)
    pixels = np.arange(length)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.maximum(covered, 0) * (wanted / length)
    weights: Floats = shares.astype(np.float32)
    return weights


def both(rows: Floats, plane: Floats, columns: Floats) -> Floats:
    """Return the plane with one matrix applied down its columns and the other along its rows."""
    out: Floats = rows.dot(plane).dot(columns.T)
    return out
