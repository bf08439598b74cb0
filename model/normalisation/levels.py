"""The levels of a plane, counted once: the threshold that divides them, and how well it does."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Plane

LEVELS = np.arange(256, dtype=np.float64)
"""All grey levels in order: the weights for sums over counts, and what a table is made from."""

SQUARES = LEVELS * LEVELS
"""Their squares, for a variance."""

RESTS_WITHIN = 8
"""Steps that the threshold between paper and ink may take; after the last it stays where it is."""


@dataclass(frozen=True, eq=False)
class Levels:
    """How many pixels have each level and less.

    Args:
        counts: (256,) pixels of each level.
        below: (256,) pixels up to each level.
        sums: (256,) sum of their levels.
    """

    counts: NDArray[np.float64]
    below: NDArray[np.float64]
    sums: NDArray[np.float64]

    def negative(self) -> "Levels":
        """Return the levels of the negative picture."""
        return _levels(self.counts[::-1])

    def above(self, ground: int) -> "Levels":
        """Return the levels of the picture's rise above a level."""
        counts = np.zeros(256)
        counts[: 256 - ground] = self.counts[ground:]
        counts[0] = self.below[ground]
        return _levels(counts)

    def quantile(self, share: float, first: int = 0, last: int = 255) -> int:
        """Return the level below which ``share`` of the pixels between two levels (both included) lie."""
        before = float(self.below[first - 1]) if first else 0.0
        count = before + share * (float(self.below[last]) - before)
        return int(self.below.searchsorted(count))

    @cached_property
    def otsu(self) -> tuple[int, float]:
        """Return the level above which a pixel is light, and how separable the two classes are.

        The threshold has the greatest variance between the classes; separability is its share of the whole variance:
        1 where there are two levels alone.

        Source: Otsu 1979, A threshold selection method from gray-level histograms.
        """
        total, mass = float(self.below[-1]), float(self.sums[-1])
        variance = float(self.counts @ SQUARES) / total - (mass / total) ** 2
        if variance <= 0:
            return int(mass / total), 0.0
        gap = self.sums - (mass / total) * self.below
        between = gap * gap / np.maximum(self.below * (total - self.below), 1e-9)
        threshold = int(between.argmax())
        return threshold, float(between[threshold]) / variance

    def paper_and_ink(self) -> tuple[float, float, float]:
        """Return the mean level of paper, of ink, and the deviation of the paper's levels; ink is the light class.

        The threshold between them starts at half of the strongest and moves to the middle of the two means until it
        rests (Ridler and Calvard 1978): from above it stops at the ink, however little there is, before it reaches
        the noise of the paper.
        """
        total, mass = float(self.below[-1]), float(self.sums[-1])
        cut = max(1, self.quantile(0.9985)) // 2
        paper = ink = 0.0
        for _ in range(RESTS_WITHIN):
            paper_count, paper_sum = float(self.below[cut]), float(self.sums[cut])
            paper = paper_sum / max(paper_count, 1.0)
            ink = (mass - paper_sum) / max(total - paper_count, 1.0)
            middle = min(int((paper + ink) / 2), 254)
            if middle == cut:
                break
            cut = middle
        squares = float(self.counts[: cut + 1] @ SQUARES[: cut + 1])
        variance = squares / max(float(self.below[cut]), 1.0) - paper**2
        return paper, ink, max(variance, 0.0) ** 0.5


def counted(plane: Plane) -> Levels:
    """Return the levels of a plane."""
    return _levels(np.bincount(plane.reshape(-1), minlength=256).astype(np.float64))


def _levels(counts: NDArray[np.float64]) -> Levels:
    return Levels(counts, counts.cumsum(), (counts * LEVELS).cumsum())
