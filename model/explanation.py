"""The four steps of back-propagation for one picture, with its true numbers.

It runs the very code that training runs, on a copy of the weights, and shows what it did.
"""

from dataclasses import dataclass

import numpy as np

from model.arrays import Array, Pixels
from model.backprop import Backpropagation
from model.errors import ConfigInvalid
from model.losses import DIGITS, LOSSES, Loss, desired_outputs
from model.network import Network, as_inputs
from model.optimizer import Sgd
from model.parameters import Parameters

STRONGEST = 20
"""Weight changes shown for each layer."""


@dataclass(frozen=True, slots=True)
class WeightChange:
    """One weight and what the step does to it.

    Attributes:
        source: index of the neuron (or pixel) whose activation the weight carries.
        target: index of the neuron it leads to.
        weight: before the step.
        change: minus learning rate times gradient.
    """

    source: int
    target: int
    weight: float
    change: float


@dataclass(frozen=True, slots=True)
class LayerStep:
    """What the step wants of one layer.

    Attributes:
        name: ``output``, or ``hidden N`` with 1 next to the inputs.
        activations: (n,) as the picture made them, before calibration.
        nudges: (n,) the way each activation must go: desired minus current at the outputs; before them minus the
            gradient of the loss with respect to the activation.
        weight_changes: of the weights that lead to this layer, those that change most, the strongest first.
    """

    name: str
    activations: Array
    nudges: Array
    weight_changes: list[WeightChange]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One step of learning from one picture.

    Attributes:
        label: the digit that is learned.
        learning_rate: of the step.
        loss_before: cross-entropy of the network as it is.
        loss_after: measured, with the whole step applied to a copy.
        desired: (10,) what the outputs should be.
        layers: from the output layer backwards.
        contributions: (784,) each pixel's share of the label's logit; with what the biases give they add up to it.
    """

    label: int
    learning_rate: float
    loss_before: float
    loss_after: float
    desired: Array
    layers: list[LayerStep]
    contributions: Array


def explain(network: Network, pixels: Pixels, label: int, learning_rate: float) -> Explanation:
    """Take the four steps for one picture.

    Args:
        network: stays as it is; a copy learns.
        pixels: (784,) uint8 or float32, 0 paper to 255 ink.
        label: the digit it should be, 0 to 9.
        learning_rate: over 0, at most 10.

    Raises:
        ConfigInvalid: label or learning rate is out of range.
    """
    if not 0 <= label < DIGITS:
        raise ConfigInvalid("label", f"expected a digit from 0 to 9, got {label}")
    if not 0 < learning_rate <= 10:
        raise ConfigInvalid("learning_rate", f"expected a number over 0, at most 10, got {learning_rate:g}")
    parameters = Parameters.of(network)
    loss = LOSSES["cross_entropy"]
    desired = desired_outputs(np.array([label], np.uint8))
    learning = Backpropagation(network.sizes, _hidden_activation(network), loss, batch=1)
    outputs = learning.forward(parameters, as_inputs(pixels.reshape(1, -1)))
    before = _loss(loss, outputs, desired)
    gradient = learning.backward(parameters, desired)
    layers = [
        _layer_step(learning, parameters, desired, i, learning_rate)
        for i in reversed(range(len(network.layers)))
    ]
    contributions = _contributions(learning, parameters, label)
    Sgd(parameters.vector.size, momentum=0, weight_decay=0).step(
        parameters.vector, gradient.vector, learning_rate, step=1
    )
    after = _loss(loss, learning.forward(parameters, learning.a[0]), desired)
    return Explanation(label, learning_rate, before, after, desired[0], layers, contributions)


def _loss(loss: Loss, outputs: Array, desired: Array) -> float:
    return float(loss.value(outputs, desired)[0]) + 0.0  # without the sign of a zero


def _hidden_activation(network: Network) -> str:
    return network.layers[0].activation if len(network.layers) > 1 else "relu"


def _layer_step(
    learning: Backpropagation, parameters: Parameters, desired: Array, i: int, learning_rate: float
) -> LayerStep:
    """Return what the pass that ``learning`` has just made wants of layer i + 1, counted from the inputs."""
    activations = learning.a[i + 1][0].copy()
    last = i == len(learning.delta) - 1
    nudges = desired[0] - activations if last else -(learning.delta[i + 1] @ parameters.weights[i + 1].T)[0]
    change = np.float32(-learning_rate) * learning.gradient.weights[i]
    strongest = np.argsort(-np.abs(change), axis=None, kind="stable")[:STRONGEST]
    rows, columns = np.unravel_index(strongest, change.shape)
    return LayerStep(
        "output" if last else f"hidden {i + 1}",
        activations,
        nudges,
        [
            WeightChange(int(r), int(c), float(parameters.weights[i][r, c]), float(change[r, c]))
            for r, c in zip(rows, columns, strict=True)
        ],
    )


def _contributions(learning: Backpropagation, parameters: Parameters, label: int) -> Array:
    """Return each pixel's share of the label's logit.

    For this picture every neuron has a gain: how much of its weighted sum it passes on, (a - a at 0) / z; for ReLU that
    is 1 or 0. With the gains fixed, the logit is a plain weighted sum of the pixels (and of the biases).
    """
    share = parameters.weights[-1][:, label]
    for i in reversed(range(len(parameters.weights) - 1)):
        share = parameters.weights[i] @ (_gain(learning, i) * share)
    contributions: Array = learning.a[0][0] * share
    return contributions


def _gain(learning: Backpropagation, i: int) -> Array:
    z, a = learning.z[i][0], learning.a[i + 1][0]
    at_zero = np.zeros(1, np.float32)
    learning.activation.forward(np.zeros(1, np.float32), at_zero)
    gain: Array = (a - at_zero) / np.where(z == 0, np.float32(1), z)
    return gain
