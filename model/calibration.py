"""Confidence that means what it says.

A trained network is too sure of itself, or, trained with smoothed labels, not sure enough. Dividing the logits by one
number, the temperature, mends that without changing any answer (Guo et al. 2017, On calibration of modern neural
networks, section 4.2). A picture that is no digit needs more: the detector, a second small network, gives the odds that
there is a digit at all, and the confidence is the product of both probabilities. What is less sure than
``least_confidence`` is abstained from, the rule that answers most at a given error (Chow 1970, On optimum recognition
error and reject tradeoff).

``model.honesty`` fits all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.activations import softmax
from model.arrays import Array
from model.detector import digit_score
from model.errors import ArtifactCorrupt, ConfigInvalid
from model.network import Network

LARGEST_NUMBER = 1000.0
"""What temperature, slope and offset may be at most; sane ones are far below."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes probabilities of logits.

    Attributes:
        temperature: over 0; 1 leaves the logits as they are, more makes the network less sure.
        detector: says whether there is a digit; None takes everything for one.
        slope: over 0; with ``offset`` it makes log-odds of the detector's score.
        offset: log-odds of a digit at score 0.
        least_confidence: 0 to 1; an answer below is abstained from.
        abstained: pairs of a share and the confidence below which that share of good digits lies, both rising, 0 to 1.
    """

    temperature: float = 1.0
    detector: Network | None = None
    slope: float = 1.0
    offset: float = 0.0
    least_confidence: float = 0.5
    abstained: tuple[tuple[float, float], ...] = ()

    def activations(self, logits: Array) -> Array:
        """Return the calibrated output activations for (batch, 10) logits, each row with sum 1."""
        return softmax(logits * np.float32(1 / self.temperature))

    def digit_probability(self, hidden: Array, inputs: Array) -> Array:
        """Return (batch,) probabilities that there is a digit.

        Args:
            hidden: (batch, n) activations of the network's last hidden layer.
            inputs: (batch, 784) float32 in [0, 1].
        """
        if self.detector is None:
            return np.ones(len(inputs), np.float32)
        return self.probability(digit_score(self.detector, hidden, inputs))

    def probability(self, scores: Array) -> Array:
        """Return (batch,) probabilities that there is a digit for the detector's (batch,) scores."""
        odds = scores * np.float32(self.slope / 2)
        odds += np.float32(self.offset / 2)
        np.tanh(odds, out=odds)  # half of it plus a half is the logistic function, without overflow
        odds *= np.float32(0.5)
        odds += np.float32(0.5)
        return odds

    def confidence_at(self, share: float) -> float:
        """Return the least confidence under which this share of good digits is abstained from.

        Args:
            share: 0 to 0.5.

        Raises:
            ConfigInvalid: share is out of range, or the network has no figures to tell.
        """
        if not 0 <= share <= 0.5:
            raise ConfigInvalid("abstain_share", f"expected 0 to 0.5, got {share:g}")
        if not self.abstained:
            raise ConfigInvalid(
                "abstain_share", "expected a network that was calibrated, got one that was not"
            )
        shares, confidences = zip((0.0, 0.0), *self.abstained, strict=True)
        return float(np.interp(share, shares, confidences))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers that a manifest keeps; the detector's weights go with the network's."""
        values: dict[str, Any] = {
            "temperature": self.temperature,
            "least_confidence": self.least_confidence,
            "abstained": [list(pair) for pair in self.abstained],
        }
        if self.detector is not None:
            sizes = list(self.detector.sizes)
            values["detector"] = {"sizes": sizes, "slope": self.slope, "offset": self.offset}
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], detector: Network | None = None) -> "Calibration":
        """Return the calibration that a manifest names.

        Raises:
            ArtifactCorrupt: a number is missing or out of range.
        """
        numbers = values.get("detector") if detector is not None else {"slope": 1.0, "offset": 0.0}
        if not isinstance(numbers, dict):
            raise ArtifactCorrupt("expected the numbers of the detector in the calibration")
        return cls(
            temperature=_number("temperature", values.get("temperature"), 1e-6, LARGEST_NUMBER),
            detector=detector,
            slope=_number("slope", numbers.get("slope"), 1e-6, LARGEST_NUMBER),
            offset=_number("offset", numbers.get("offset"), -LARGEST_NUMBER, LARGEST_NUMBER),
            least_confidence=_number("least_confidence", values.get("least_confidence"), 0, 1),
            abstained=_pairs(values.get("abstained", [])),
        )


def _number(name: str, value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ArtifactCorrupt(f"expected a {name.replace('_', ' ')} from {least:g} to {most:g}")
    return float(value)


def _pairs(value: object) -> tuple[tuple[float, float], ...]:
    if (
        not isinstance(value, list)
        or len(value) > 100
        or not all(isinstance(p, list) and len(p) == 2 for p in value)
    ):
        raise ArtifactCorrupt("expected abstained to be pairs of share and confidence")
    pairs = tuple((_number("share", share, 0, 1), _number("confidence", c, 0, 1)) for share, c in value)
    for column in zip(*pairs, strict=True):
        if list(column) != sorted(column):
            raise ArtifactCorrupt("expected abstained to rise")
    return pairs


def expected_calibration_error(
    confidence: Array, right: "np.ndarray[tuple[int], np.dtype[np.bool_]]", bins: int = 15
) -> float:
    """Return how far confidence and accuracy lie apart, 0 to 1: the mean gap over bins of like confidence.

    Source: Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning, section 2.
    """
    bin_of = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    gap = np.bincount(bin_of, weights=confidence.astype(np.float64) - right, minlength=bins)
    return float(np.abs(gap).sum() / max(1, len(confidence)))


def honesty_figures(
    confidence: Array,
    right: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    answered: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> dict[str, float]:
    """Return the calibration error of (n,) readings, the share abstained from, and the error of the rest, each 0 to 1."""
    return {
        "calibration_error": round(expected_calibration_error(confidence, right), 6),
        "abstained": round(float(1 - answered.mean()), 6),
        "answered_error": round(float((answered & ~right).sum() / max(1, answered.sum())), 6),
    }
