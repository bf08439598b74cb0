"""Loss functions: how far the actual outputs are from the desired ones.

``value(a, y)`` gives one loss per picture, (batch,). ``delta(a, y, out)`` writes the gradient of that loss with respect
to the output layer's weighted sums z, (batch, 10), where a = softmax(z).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.arrays import Array, Labels

DIGITS = 10


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss and its gradient at the output layer."""

    name: str
    value: Callable[[Array, Array], Array]
    delta: Callable[[Array, Array, Array], None]


def desired_outputs(labels: Labels, smoothing: float = 0.0) -> Array:
    """Return the (batch, 10) outputs that we wish for: 1 for the true digit, 0 for the others.

    Args:
        labels: (batch,) digits 0 to 9.
        smoothing: 0 to 1; this share of the 1 is spread evenly over all ten, so that the network need not push its
            weights towards infinity to reach a perfect 1 (Szegedy et al. 2016, section 7).
    """
    desired = np.full((len(labels), DIGITS), smoothing / DIGITS, np.float32)
    desired[np.arange(len(labels)), labels] += np.float32(1 - smoothing)
    return desired


def _cross_entropy(a: Array, y: Array) -> Array:
    loss: Array = -(y * np.log(np.maximum(a, np.finfo(np.float32).tiny))).sum(axis=1)
    return loss


def _cross_entropy_delta(a: Array, y: Array, out: Array) -> None:
    """With softmax, the slopes of logarithm and exponential cancel: what remains is actual minus desired."""
    np.subtract(a, y, out=out)


def _squared_error(a: Array, y: Array) -> Array:
    loss: Array = np.float32(0.5) * np.square(a - y).sum(axis=1)
    return loss


def _squared_error_delta(a: Array, y: Array, out: Array) -> None:
    """(actual minus desired) times the slope of softmax, in which every output depends on every z."""
    np.subtract(a, y, out=out)
    out -= (out * a).sum(axis=1, keepdims=True)
    out *= a


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("cross_entropy", _cross_entropy, _cross_entropy_delta),
        Loss("squared_error", _squared_error, _squared_error_delta),
    )
}
"""Losses by name."""
