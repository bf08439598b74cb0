"""The numbers that learning changes, kept as one long vector with a view of it for every layer.

One vector makes "do this to every weight" a single loop for the optimiser; the views let back-propagation write each
layer's gradient straight into place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.arrays import Array
from model.network import Layer, Network


@dataclass(frozen=True, slots=True)
class Parameters:
    """Weights and biases, or anything of their shape: gradients, moments, averages.

    Attributes:
        vector: all numbers, layer by layer, each layer's weights before its biases.
        weights: for each layer an (n_in, n_out) view of the vector.
        biases: for each layer an (n_out,) view of the vector.
        layers: for each layer, where in the vector its weights and biases stand.
    """

    vector: Array
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    layers: tuple[slice, ...]

    @classmethod
    def zeros(cls, sizes: Sequence[int]) -> "Parameters":
        """Return parameters, all zero, for layers of these sizes (inputs first)."""
        shapes = list(pairwise(sizes))
        vector = np.zeros(sum((n_in + 1) * n_out for n_in, n_out in shapes), np.float32)
        weights, biases, layers, start = [], [], [], 0
        for n_in, n_out in shapes:
            middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
            weights.append(vector[start:middle].reshape(n_in, n_out))
            biases.append(vector[middle:end])
            layers.append(slice(start, end))
            start = end
        return cls(vector, tuple(weights), tuple(biases), tuple(layers))

    @classmethod
    def of(cls, network: Network) -> "Parameters":
        """Return a copy of a network's weights and biases that may be changed."""
        parameters = cls.zeros(network.sizes)
        for layer, weight, bias in zip(network.layers, parameters.weights, parameters.biases, strict=True):
            weight[:] = layer.weight
            bias[:] = layer.bias
        return parameters

    def freeze(self, activations: Sequence[str]) -> Network:
        """Return a network with a copy of these weights, one activation name a layer."""
        return Network(
            tuple(
                Layer(weight.copy(), bias.copy(), name)
                for weight, bias, name in zip(self.weights, self.biases, activations, strict=True)
            )
        )
