"""How well, and how honestly, a network reads: test digits, or any folder of pictures.

An ``Assessment`` keeps what was read of every picture; everything a report shows is computed from it. ``model.assessing``
makes one.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes
from model.calibration import honesty_figures
from model.evaluation import error_interval
from model.losses import DIGITS

NON_DIGIT: Final = -1
"""The label of a picture that is no digit."""

SURE: Final = 0.9
"""A confidence over this on a picture that is no digit is a false certainty."""


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What a network made of pictures whose truth is known.

    Attributes:
        name: of the set, for people.
        pixels: (n, 784) as the network saw them.
        labels: (n,) the true digits, or -1 where there is none.
        digits: (n,) as read.
        confidence: (n,) 0 to 1.
        reasons: (n,) why it was abstained; empty where it was not.
        names: (n,) of the pictures.
        unreadable: names of files that are no picture, and why.
    """

    name: str
    pixels: Bytes
    labels: NDArray[np.int8]
    digits: NDArray[np.int8]
    confidence: Array
    reasons: NDArray[np.str_]
    names: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...] = ()

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether the digit read is the true one; never where there is no digit."""
        right: NDArray[np.bool_] = self.digits == self.labels
        return right

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(n,) whether it was not abstained."""
        answered: NDArray[np.bool_] = self.reasons == ""
        return answered

    @property
    def real(self) -> NDArray[np.bool_]:
        """(n,) whether there is a digit."""
        real: NDArray[np.bool_] = self.labels != NON_DIGIT
        return real

    def confusion(self) -> NDArray[np.intp]:
        """Return (10, 10) counts; row the true digit, column the digit read, abstained or not."""
        cells = self.labels[self.real].astype(np.intp) * DIGITS + self.digits[self.real]
        return np.bincount(cells, minlength=DIGITS * DIGITS).reshape(DIGITS, DIGITS)

    def figures(self) -> dict[str, Any]:
        """Return the figures of the set; shares and errors are fractions of 1."""
        figures: dict[str, Any] = {"images": len(self.labels)}
        if self.unreadable:
            figures["unreadable"] = len(self.unreadable)
        if self.real.any():
            figures |= self._digit_figures()
        if not self.real.all():
            figures |= self._non_digit_figures()
        return figures

    def _digit_figures(self) -> dict[str, Any]:
        real, n = self.real, int(self.real.sum())
        wrong, answered = ~self.right & real, self.answered & real
        low, high = error_interval(int(wrong.sum()), n)
        reasons = self.reasons[real & ~answered]  # few; NumPy would import its masked arrays to count them
        return {
            "error": float(wrong.sum() / n),
            "error_interval": [round(low, 6), round(high, 6)],
            "reasons": dict(sorted(Counter(reasons.tolist()).items())),
            **honesty_figures(self.confidence[real], self.right[real], self.answered[real]),
        }

    def _non_digit_figures(self) -> dict[str, Any]:
        non_digits = ~self.real
        return {
            "non_digits": int(non_digits.sum()),
            "non_digits_answered": float((self.answered & non_digits).sum() / non_digits.sum()),
            "non_digits_sure": float(((self.confidence > SURE) & non_digits).sum() / non_digits.sum()),
        }


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y), in order."""

    x: tuple[float, ...]
    y: tuple[float, ...]


def reliability(assessment: Assessment, bins: int = 10) -> tuple[Curve, tuple[int, ...]]:
    """Return mean confidence against the share that was right, and the counts, for bins of like confidence with pictures in them."""
    confidence = assessment.confidence.astype(np.float64)
    bin_of = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    filled = np.flatnonzero(count)
    mean = np.bincount(bin_of, weights=confidence, minlength=bins)[filled] / count[filled]
    right = np.bincount(bin_of, weights=assessment.right, minlength=bins)[filled] / count[filled]
    return Curve(tuple(mean.tolist()), tuple(right.tolist())), tuple(count[filled].tolist())


def abstention(assessment: Assessment, points: int = 200) -> Curve:
    """Return the error of the surest pictures against their share of all: what abstaining from the rest buys.

    Source: El-Yaniv and Wiener 2010, On the foundations of noise-free selective classification.
    """
    order = np.argsort(-assessment.confidence, kind="stable")
    n = len(order)
    error = np.cumsum(~assessment.right[order]) / np.arange(1, n + 1)
    kept = np.unique(np.linspace(0, n - 1, min(points, n)).astype(np.intp))
    return Curve(tuple(((kept + 1) / n).tolist()), tuple(error[kept].tolist()))
