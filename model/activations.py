"""Activation functions: what a neuron makes of its weighted sum, and how that changes with the sum.

Each entry of ``ACTIVATIONS`` has two functions. ``forward(z, out)`` writes the activations. ``backward(z, a, delta)``
turns the gradient with respect to the activations, in ``delta``, into the gradient with respect to ``z``, in place:
it multiplies by the slope of the activation function. Both take (batch, neurons) float32.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from model.arrays import Array

LEAK = 0.01
"""The slope of the leaky ReLU below zero."""


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function and its slope."""

    name: str
    forward: Callable[[Array, Array], None]
    backward: Callable[[Array, Array, Array], None]


def _sigmoid(z: Array, out: Array) -> None:
    """1 / (1 + e^-z), written with tanh so that no z overflows."""
    np.multiply(z, np.float32(0.5), out=out)
    np.tanh(out, out=out)
    out += np.float32(1)
    out *= np.float32(0.5)


def _sigmoid_slope(_z: Array, a: Array, delta: Array) -> None:
    delta *= a * (np.float32(1) - a)


def _tanh(z: Array, out: Array) -> None:
    np.tanh(z, out=out)


def _tanh_slope(_z: Array, a: Array, delta: Array) -> None:
    delta *= np.float32(1) - a * a


def _relu(z: Array, out: Array) -> None:
    np.maximum(z, np.float32(0), out=out)


def _relu_slope(_z: Array, a: Array, delta: Array) -> None:
    delta *= a > 0


def _leaky_relu(z: Array, out: Array) -> None:
    np.maximum(z, np.float32(LEAK) * z, out=out)


def _leaky_relu_slope(_z: Array, a: Array, delta: Array) -> None:
    delta *= np.where(a > 0, np.float32(1), np.float32(LEAK))


def _gelu_gate(z: Array) -> Array:
    """Tanh of GELU's inner cubic; NumPy has no error function, so this is the form with tanh."""
    gate: Array = np.tanh(np.float32(sqrt(2.0 / pi)) * (z + np.float32(0.044715) * z * z * z))
    return gate


def _gelu(z: Array, out: Array) -> None:
    """Z times the (approximate) share of a normal distribution below z.

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, section 2.
    """
    np.multiply(np.float32(0.5) * z, np.float32(1) + _gelu_gate(z), out=out)


def _gelu_slope(z: Array, _a: Array, delta: Array) -> None:
    gate = _gelu_gate(z)
    inner_slope = np.float32(sqrt(2.0 / pi)) * (np.float32(1) + np.float32(3 * 0.044715) * z * z)
    delta *= np.float32(0.5) * ((np.float32(1) + gate) + z * (np.float32(1) - gate * gate) * inner_slope)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", _sigmoid, _sigmoid_slope),
        Activation("tanh", _tanh, _tanh_slope),
        Activation("relu", _relu, _relu_slope),
        Activation("leaky_relu", _leaky_relu, _leaky_relu_slope),
        Activation("gelu", _gelu, _gelu_slope),
    )
}
"""Activation functions of hidden layers, by name."""


def softmax(z: Array, out: Array | None = None) -> Array:
    """Return activations that are positive and sum to 1 along the last axis.

    The largest z of each row is subtracted first: the result is the same and nothing overflows.
    """
    out = np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=-1, keepdims=True)
    return out
