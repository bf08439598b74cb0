"""How well a network reads digits it has not learned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from model.arrays import Array
from model.dataset import Dataset
from model.losses import DIGITS, desired_outputs
from model.network import Network, as_inputs

BATCH = 500
"""Pictures read at once: enough for full speed, few enough to stay in cache."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a network made of labelled digits.

    Attributes:
        logits: (n, 10).
        error: the share misread, 0 to 1.
        loss: mean cross-entropy, before calibration.
        confusion: (10, 10) counts; row the true digit, column the digit read.
    """

    logits: Array
    error: float
    loss: float
    confusion: "np.ndarray[tuple[int, int], np.dtype[np.intp]]"


def logits_of(network: Network, data: Dataset) -> Array:
    """Return (n, 10) logits for all pictures."""
    if not len(data):
        return np.empty((0, DIGITS), np.float32)
    return np.concatenate([network.logits(inputs) for inputs in _inputs(data)])


def _inputs(data: Dataset) -> Iterator[Array]:
    for start in range(0, len(data), BATCH):
        yield as_inputs(data.images[start : start + BATCH])


def evaluate(network: Network, data: Dataset) -> Evaluation:
    """Read all pictures and compare with their labels."""
    logits = logits_of(network, data)
    read = logits.argmax(axis=1)
    confusion = np.bincount(data.labels.astype(np.intp) * DIGITS + read, minlength=DIGITS * DIGITS)
    z = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -(desired_outputs(data.labels) * log_probabilities).sum(axis=1).mean()
    return Evaluation(
        logits, float((read != data.labels).mean()), float(loss), confusion.reshape(DIGITS, DIGITS)
    )


def error_interval(errors: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the bounds between which the true error lies with 95 % certainty.

    Args:
        errors: pictures misread.
        n: pictures read, at least 1.
        z: standard deviations; 1.96 for 95 %.

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    share = errors / n
    centre = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))
