"""Confidence that means what it says.

A trained network is too sure of itself, or, trained with smoothed labels, not sure enough. Dividing the logits by one
number, the temperature, mends that without changing any answer: it is fitted on digits held out of training, so that of
the answers given with confidence 0.9, nine in ten are right.

Source: Guo et al. 2017, On calibration of modern neural networks, section 4.2.
"""

from dataclasses import asdict, dataclass

import numpy as np

from model.activations import softmax
from model.arrays import Array, Labels
from model.errors import ArtifactCorrupt


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes probabilities of logits.

    Attributes:
        temperature: over 0; 1 leaves the logits as they are, more makes the network less sure.
        least_confidence: 0 to 1; an answer below is abstained from as ambiguous.
    """

    temperature: float = 1.0
    least_confidence: float = 0.5

    def activations(self, logits: Array) -> Array:
        """Return the calibrated output activations for (batch, 10) logits, each row with sum 1."""
        return softmax(logits * np.float32(1 / self.temperature))

    def to_dict(self) -> dict[str, float]:
        """Return what a manifest keeps."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> "Calibration":
        """Return the calibration that a manifest names.

        Raises:
            ArtifactCorrupt: a number is missing or out of range.
        """
        temperature, least = values.get("temperature"), values.get("least_confidence")
        if not isinstance(temperature, int | float) or not 0 < temperature < 1000:
            raise ArtifactCorrupt(f"expected a temperature over 0, got {temperature!r}")
        if not isinstance(least, int | float) or not 0 <= least <= 1:
            raise ArtifactCorrupt(f"expected a least confidence of 0 to 1, got {least!r}")
        return cls(float(temperature), float(least))


def fit(logits: Array, labels: Labels, share_abstained: float = 0.005) -> Calibration:
    """Return the calibration under which the true labels of held-out digits are likeliest.

    The likelihood has one hump along the logarithm of the temperature, so halving an interval by the golden section
    finds it.

    Args:
        logits: (n, 10) of digits that the network did not learn from.
        labels: (n,) their true digits.
        share_abstained: 0 to 1; this share of the digits, the least sure, falls below ``least_confidence``, which
            is never set over 0.6.
    """
    low, high = np.log(0.05), np.log(20.0)
    golden = (np.sqrt(5.0) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _surprise(logits, labels, np.exp(left)) < _surprise(logits, labels, np.exp(right)):
            high = right
        else:
            low = left
    temperature = round(float(np.exp((low + high) / 2)), 6)
    confidence = softmax(logits * np.float32(1 / temperature)).max(axis=1)
    return Calibration(temperature, round(min(0.6, float(np.quantile(confidence, share_abstained))), 6))


def _surprise(logits: Array, labels: Labels, temperature: float) -> float:
    """The mean negative logarithm of the probability given to the true label."""
    z = logits.astype(np.float64) / temperature
    z -= z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels]).mean())


def expected_calibration_error(
    confidence: Array, right: "np.ndarray[tuple[int], np.dtype[np.bool_]]", bins: int = 15
) -> float:
    """Return how far confidence and accuracy lie apart, 0 to 1: the mean gap over bins of like confidence.

    Source: Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning, section 2.
    """
    bin_of = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    gap = np.bincount(bin_of, weights=confidence.astype(np.float64) - right, minlength=bins)
    return float(np.abs(gap).sum() / max(1, len(confidence)))
