"""What a program that asks for a digit gets: activations, the digit, and an honest confidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from model.arrays import Array, Pixels
from model.artifact import Artifact
from model.errors import ConfigInvalid
from model.joint import Joint, Place
from model.network import as_inputs
from model.pixels import Normalised

Reason = Literal["blank", "not_a_digit", "ambiguous"]

SURE = 0.9
"""A probability that is nearer to a half than this one, or than 1 minus it, moves with the last bits of the sums."""

TANGLED = 0.1
"""The confidence of a digit is this share of what it would be, where the normaliser found several digits or a tangle."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture, read.

    Attributes:
        digit: 0 to 9, the one with the greatest activation.
        confidence: 0 to 1, the probability that ``digit`` is right.
        activations: (10,) float32 with sum 1, calibrated; index is the digit.
        reason: why the digit is not to be trusted; None when it is.
        doubt: what speaks most against the digit: the reason, if it were abstained from.
        hopeless: whether no policy can make the digit one to be trusted: a blank picture, several digits, a tangle.
    """

    digit: int
    confidence: float
    activations: Array
    reason: Reason | None
    doubt: Reason = field(default="ambiguous", repr=False)
    hopeless: bool = field(default=False, repr=False)

    @property
    def abstained(self) -> bool:
        """Whether the digit is not to be trusted."""
        return self.reason is not None

    def at(self, least_confidence: float) -> "Reading":
        """Return the same reading under another policy: abstained from below this confidence, 0 to 1."""
        abstained = self.hopeless or self.confidence < least_confidence
        return replace(self, reason=self.doubt if abstained else None)


@dataclass(frozen=True, slots=True)
class Policy:
    """When to abstain; by default, as the network's calibration says.

    Attributes:
        least_confidence: 0 to 1; what is less sure is abstained from.
        abstain_share: 0 to 0.5; the confidence is set so that this share of good digits is abstained from. It goes
            before ``least_confidence``.
    """

    least_confidence: float | None = None
    abstain_share: float | None = None

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigInvalid: a value is out of range.
        """
        for name, value, most in (
            ("least_confidence", self.least_confidence, 1.0),
            ("abstain_share", self.abstain_share, 0.5),
        ):
            if value is not None and not 0 <= value <= most:
                raise ConfigInvalid(name, f"expected 0 to {most:g}, got {value:g}")


class Predictor:
    """A published network, ready to read. Immutable, so safe to share between threads."""

    def __init__(self, artifact: Artifact, policy: Policy | None = None, place: Place = list) -> None:
        """Get ready.

        Args:
            artifact: the network.
            policy: when to abstain.
            place: where the weights are to lie that every reading needs.

        Raises:
            ConfigInvalid: the policy asks for a share, and the network was not calibrated.
        """
        detector = artifact.calibration.detector
        self._joint = None
        if detector is not None and len(artifact.network.layers) > 1:
            self._joint = Joint(artifact.network, detector, place)
            artifact = replace(artifact, network=self._joint.network)
        self.artifact = artifact
        self.version = artifact.version
        self.digest = artifact.digest
        self._least_confidence = artifact.calibration.least_confidence
        self._least_confidence = self.least_confidence(policy or Policy())

    def least_confidence(self, policy: Policy) -> float:
        """Return the confidence below which this policy abstains, 0 to 1.

        Raises:
            ConfigInvalid: the policy asks for a share, and the network was not calibrated.
        """
        if policy.abstain_share is not None:
            return self.artifact.calibration.confidence_at(policy.abstain_share)
        return self._least_confidence if policy.least_confidence is None else policy.least_confidence

    def read(self, pixels: Pixels, normalised: "list[Normalised | None]") -> list[Reading]:
        """Read pictures.

        Among others a picture gets the digit it gets alone, and activations within 1e-6: sums are added up in another
        order there, so those that it could matter to are read once more, alone.

        Args:
            pixels: (batch, 784) uint8 or float32, 0 paper to 255 ink.
            normalised: for each picture what the normaliser found, or None when its pixels came as they are.

        Raises:
            ShapeMismatch: pixels is not (batch, 784).
        """
        activations, is_digit = self._probabilities(as_inputs(pixels))
        sureness = activations.max(axis=1)
        digits, confidences = activations.argmax(axis=1).tolist(), (sureness * is_digit).tolist()
        unlikely, empty = (is_digit < sureness).tolist(), (pixels.max(axis=1) == 0).tolist()
        readings = []
        for i, found in zip(range(len(pixels)), normalised, strict=True):
            doubt: Reason = "not_a_digit" if unlikely[i] else "ambiguous"
            reason = doubt if confidences[i] < self._least_confidence else None
            reading = Reading(digits[i], confidences[i], activations[i], reason, doubt)
            if empty[i] or (found is not None and (found.blank or found.components != 1)):
                reading = _hopeless(reading, blank=empty[i] or (found is not None and found.blank))
            readings.append(reading)
        if len(pixels) > 1:
            for i in _unsure(sureness, is_digit):
                readings[i] = self.read(pixels[i : i + 1], normalised[i : i + 1])[0]
        return readings

    def read_normalised(self, found: Sequence[Normalised]) -> list[Reading]:
        """Read one or more pictures that the normaliser has prepared, as ``read`` does."""
        return self.read(np.stack([one.pixels.ravel() for one in found]), list(found))

    def _probabilities(self, inputs: Array) -> tuple[Array, Array]:
        """Return calibrated activations, (batch, 10), and (batch,) probabilities that there is a digit."""
        calibration = self.artifact.calibration
        if self._joint is None:
            hidden, logits = self.artifact.network.hidden_and_logits(inputs)
            return calibration.activations(logits), calibration.digit_probability(hidden, inputs)
        logits, scores = self._joint.read(inputs)
        return calibration.activations(logits), calibration.probability(scores)

    def layers(self, pixels: Pixels) -> list[Array]:
        """Return every layer's activations for (784,) pixels: inputs first, the calibrated outputs last."""
        inputs = as_inputs(pixels.reshape(1, -1))
        activations = self.artifact.network.activations(inputs)
        activations[-1] = self.artifact.calibration.activations(self.artifact.network.logits(inputs))
        return [layer[0] for layer in activations]


def _unsure(sureness: Array, is_digit: Array) -> list[int]:
    """Return which pictures have a probability that is neither near 0 nor near 1."""
    unsure = (sureness < SURE) | (np.abs(is_digit - np.float32(0.5)) < SURE - 0.5)
    found: list[int] = unsure.nonzero()[0].tolist()
    return found


def _hopeless(reading: Reading, *, blank: bool) -> Reading:
    reason: Reason = "blank" if blank else "not_a_digit"
    confidence = 0.0 if blank else TANGLED * reading.confidence
    return replace(reading, confidence=confidence, reason=reason, doubt=reason, hopeless=True)
