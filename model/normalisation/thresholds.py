"""Levels that divide ink from paper."""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Plane

LEVELS = np.arange(256, dtype=np.float64)


def otsu(plane: Plane) -> int:
    """Return the level above which a pixel is light: the greatest variance between the two classes.

    Source: Otsu 1979, A threshold selection method from gray-level histograms.
    """
    return int(_between(plane)[0].argmax())


def separability(plane: Plane) -> float:
    """Return Otsu's measure of how well one threshold divides the levels: 0 not at all, 1 two levels alone."""
    between, total = _between(plane)
    return float(between.max()) / total if total > 0 else 0.0


def _between(plane: Plane) -> tuple[NDArray[np.float64], float]:
    """Variance between the classes for each threshold, and the variance of all."""
    counts = np.bincount(plane.reshape(-1), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * LEVELS)
    total = below[-1]
    gap = sums / total - sums[-1] / total * below / total
    within = np.maximum(below * (total - below) / total**2, 1e-12)
    variance = float(counts @ LEVELS**2 / total - (sums[-1] / total) ** 2)
    return gap * gap / within, variance


def levels(strength: Plane) -> tuple[float, float]:
    """Return the typical strength of paper and of ink.

    The threshold between them starts at half of the strongest and moves to the middle of the two classes' means until
    it rests (Ridler and Calvard 1978); from above it stops at the ink, however little there is, before it reaches
    the noise of the paper.
    """
    counts = np.bincount(strength.reshape(-1), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * LEVELS)
    total, mass = below[-1], sums[-1]
    top = int(np.searchsorted(below, total * 0.9985)) or 1
    cut = top // 2
    for _ in range(8):
        paper = sums[cut] / max(below[cut], 1)
        ink = (mass - sums[cut]) / max(total - below[cut], 1)
        middle = int((paper + ink) / 2)
        if middle == cut:
            break
        cut = min(max(middle, 0), 254)
    return float(paper), float(ink)
