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


def _inputs(data: Dataset) -> Iterator[Array]:
    for start in range(0, len(data), BATCH):
        yield as_inputs(data.images[start : start + BATCH])


def evaluate(network: Network, data: Dataset) -> Evaluation:
    """Read all pictures, one or more, and compare with their labels."""
    logits = np.concatenate([network.logits(inputs) for inputs in _inputs(data)])
    read = logits.argmax(axis=1)
    confusion = np.bincount(data.labels.astype(np.intp) * DIGITS + read, minlength=DIGITS * DIGITS)
    z = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -(desired_outputs(data.labels) * log_probabilities).sum(axis=1).mean()
    return Evaluation(
        logits, float((read != data.labels).mean()), float(loss), confusion.reshape(DIGITS, DIGITS)
    )


def error_interval(errors: int, n: int) -> tuple[float, float]:
    """Return the bounds between which the true error lies with 95 % certainty.

    Args:
        errors: pictures misread.
        n: pictures read, at least 1.

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    z = 1.96  # standard deviations, for 95 %
    share = errors / n
    centre = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))
