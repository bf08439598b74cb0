"""What a program that asks for a digit gets: activations, the digit, and an honest confidence."""

from dataclasses import dataclass
from typing import Literal

from model.arrays import Array, Bytes
from model.artifact import Artifact
from model.network import as_inputs
from model.pixels import Normalised

Reason = Literal["blank", "not_a_digit", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture, read.

    Attributes:
        digit: 0 to 9, the one with the greatest activation.
        confidence: 0 to 1, the probability that ``digit`` is right.
        activations: (10,) float32 with sum 1, calibrated; index is the digit.
        reason: why the digit is not to be trusted; None when it is.
    """

    digit: int
    confidence: float
    activations: Array
    reason: Reason | None

    @property
    def abstained(self) -> bool:
        """Whether the digit is not to be trusted."""
        return self.reason is not None


class Predictor:
    """A published network, ready to read. Immutable, so safe to share between threads."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.version = artifact.version
        self.digest = artifact.digest

    def read(self, pixels: Bytes, normalised: "list[Normalised | None]") -> list[Reading]:
        """Read pictures.

        Args:
            pixels: (batch, 784) uint8, 0 paper to 255 ink.
            normalised: for each picture what the normaliser found, or None when its pixels came as they are.

        Raises:
            ShapeMismatch: pixels is not (batch, 784).
        """
        logits = self.artifact.network.logits(as_inputs(pixels))
        activations = self.artifact.calibration.activations(logits)
        return [
            self._judge(row, picture, found)
            for row, picture, found in zip(activations, pixels, normalised, strict=True)
        ]

    def _judge(self, activations: Array, pixels: Bytes, found: Normalised | None) -> Reading:
        digit = int(activations.argmax())
        confidence = float(activations[digit])
        reason: Reason | None = None
        if (found is not None and found.blank) or not pixels.any():
            confidence, reason = 0.1 * confidence, "blank"
        elif confidence < self.artifact.calibration.least_confidence:
            reason = "ambiguous"
        return Reading(digit, confidence, activations, reason)

    def layers(self, pixels: Bytes) -> list[Array]:
        """Return every layer's activations for (784,) uint8 pixels: inputs first, the calibrated outputs last."""
        inputs = as_inputs(pixels.reshape(1, -1))
        activations = self.artifact.network.activations(inputs)
        activations[-1] = self.artifact.calibration.activations(self.artifact.network.logits(inputs))
        return [layer[0] for layer in activations]
