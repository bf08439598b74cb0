"""The network: layers of neurons, each a weighted sum and an activation function.

The input activations are the grey values of 28x28 pixels. Every neuron of a layer multiplies each activation of the
layer before by a weight, adds the products and its bias up, and applies the activation function. The last layer has
ten neurons, one for each digit; softmax makes their activations positive with sum 1.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.activations import ACTIVATIONS, softmax
from model.arrays import Array, Pixels
from model.errors import ShapeMismatch
from model.form import PIXELS
from model.initialisation import initial_weight
from model.losses import DIGITS

MANY = 64
"""Pictures of a batch among which hardly a pixel or a neuron stays without use."""

SMALL = 8192
"""Weights so few that looking for those of use takes longer than using all."""

BLOCK = 96
"""Inputs whose products are added up at a time: their weights stay in the cache, and short sums are rounded less."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Neurons that see the same activations.

    Attributes:
        weight: (n_in, n_out) float32; column j holds the weights of neuron j.
        bias: (n_out,) float32.
        activation: a name in ``ACTIVATIONS``, or ``softmax`` in the output layer.
    """

    weight: Array
    bias: Array
    activation: str

    def __post_init__(self) -> None:
        """Check the shapes and close the arrays against writing."""
        if self.weight.ndim != 2 or self.bias.shape != self.weight.shape[1:]:
            raise ShapeMismatch(
                f"expected weight (n_in, n_out) and bias (n_out,), got {self.weight.shape} and {self.bias.shape}"
            )
        self.weight.flags.writeable = False
        self.bias.flags.writeable = False

    def weighted_sums(self, inputs: Array) -> Array:
        """Return z = inputs @ weight + bias, (batch, n_out)."""
        z = sums(inputs, self.weight)
        z += self.bias
        return z


@dataclass(frozen=True, slots=True)
class Network:
    """Layers applied in order; immutable, so safe to share between threads."""

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        """Check that each layer takes what the one before gives."""
        for before, after in pairwise(self.layers):
            if before.weight.shape[1] != after.weight.shape[0]:
                raise ShapeMismatch(
                    f"expected a layer of {before.weight.shape[1]} inputs, got {after.weight.shape[0]}"
                )

    @classmethod
    def create(cls, hidden: Sequence[int], activation: str, rng: np.random.Generator) -> "Network":
        """Return an untrained network 784-hidden-10 with random weights and zero biases.

        Args:
            hidden: neurons of each hidden layer, any number of layers.
            activation: of the hidden layers, a name in ``ACTIVATIONS``.
            rng: the source of the weights; the same state gives the same network.
        """
        sizes = (PIXELS, *hidden, DIGITS)
        names = [activation] * len(hidden) + ["softmax"]
        return cls(
            tuple(
                Layer(initial_weight(n_in, n_out, name, rng), np.zeros(n_out, np.float32), name)
                for n_in, n_out, name in zip(sizes, sizes[1:], names, strict=False)
            )
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons of every layer, from the 784 inputs to the 10 outputs."""
        return (self.layers[0].weight.shape[0], *(layer.weight.shape[1] for layer in self.layers))

    def logits(self, inputs: Array) -> Array:
        """Return the output layer's weighted sums, before softmax: (batch, 10).

        Args:
            inputs: (batch, 784) float32 in [0, 1]; 0 is paper, 1 is ink.

        Raises:
            ShapeMismatch: inputs is not (batch, 784).
        """
        return self.hidden_and_logits(inputs)[1]

    def hidden_and_logits(self, inputs: Array) -> tuple[Array, Array]:
        """Return the last hidden layer's activations (batch, n) and the logits (batch, 10)."""
        require_columns(inputs, self.layers[0].weight.shape[0])
        a, z = inputs, self.layers[0].weighted_sums(inputs)
        for before, layer in pairwise(self.layers):
            ACTIVATIONS[before.activation].forward(z, z)
            a, z = z, layer.weighted_sums(z)
        return a, z

    def forward(self, inputs: Array) -> Array:
        """Return the output activations, (batch, 10); column k is the activation for digit k.

        Args:
            inputs: (batch, 784) float32 in [0, 1]; 0 is paper, 1 is ink.

        Raises:
            ShapeMismatch: inputs is not (batch, 784).

        Source: Nielsen, Neural Networks and Deep Learning, chapter 1.
        """
        return softmax(self.logits(inputs))

    def activations(self, inputs: Array) -> list[Array]:
        """Return the activations of every layer, the inputs first and the ten outputs last."""
        require_columns(inputs, self.sizes[0])
        activations = [inputs]
        for layer in self.layers[:-1]:
            z = layer.weighted_sums(activations[-1])
            ACTIVATIONS[layer.activation].forward(z, z)
            activations.append(z)
        activations.append(softmax(self.layers[-1].weighted_sums(activations[-1])))
        return activations


def sums(inputs: Array, weight: Array) -> Array:
    """Return inputs @ weight, without the inputs that are zero in the whole batch where that is worth their search.

    A digit has ink on 150 of the 784 pixels, 32 digits on 450, and one neuron in eight of a rectified layer is active. A
    product of few rows takes as long as its weights take to come from memory. What is left out would have added zero, so
    only the order of the sums differs.
    """
    if len(inputs) > MANY or weight.size <= SMALL:
        return inputs @ weight
    used = inputs[0].astype(np.bool_) if len(inputs) == 1 else np.logical_or.reduce(inputs, axis=0)
    active = used.nonzero()[0]
    if 4 * len(active) > 3 * inputs.shape[1]:
        return inputs @ weight
    return _sums_of(inputs.take(active, axis=1), weight, active)


def _sums_of(values: Array, weight: Array, rows: NDArray[np.intp]) -> Array:
    """Return values @ weight[rows], block by block through one piece of memory that stays in the cache."""
    memory = _scratch.rows(weight.shape[1])
    total = _product(values, weight, rows, memory, 0)
    for start in range(BLOCK, len(rows), BLOCK):
        total += _product(values, weight, rows, memory, start)
    return total


def _product(values: Array, weight: Array, rows: NDArray[np.intp], memory: Array, start: int) -> Array:
    some = rows[start : start + BLOCK]
    if weight.flags.c_contiguous:
        block = memory[: len(some)]
        weight.take(some, axis=0, out=block, mode="clip")  # any other mode would take through a copy
    else:
        block = weight[some]  # `take` would copy all of a view first
    product: Array = values[:, start : start + BLOCK] @ block
    return product


class _Scratch(threading.local):
    """Memory of each thread for weights that are moved together: getting it anew each time takes as long as filling it."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.float32)

    def rows(self, width: int) -> Array:
        """Return (BLOCK, width) of memory that holds anything."""
        if self._memory.size < BLOCK * width:
            self._memory = np.empty(BLOCK * width, np.float32)
        return self._memory[: BLOCK * width].reshape(BLOCK, width)


_scratch = _Scratch()


def as_inputs(pixels: Pixels) -> Array:
    """Return grey values 0 to 255 as input activations, float32 in [0, 1], of the same shape."""
    inputs: Array = np.divide(pixels, np.float32(255), dtype=np.float32)
    return inputs


def require_columns(inputs: Array, columns: int) -> None:
    """Refuse anything but a (batch, columns) array."""
    if inputs.ndim != 2 or inputs.shape[1] != columns:
        raise ShapeMismatch(f"expected (batch, {columns}), got {inputs.shape}")
