"""Idle neurons: those that no picture activates, and that a network reads just as well without.

A rectifier whose weighted sum has gone below zero for every picture passes on nothing and, since its slope is zero there,
learns nothing either: it stays as it is for good. Long trainings leave one neuron in ten so, large networks more.
"""

import numpy as np

from model.arrays import Array
from model.network import Layer, Network

BLOCK = 1000
"""Pictures looked at together."""


def without_idle(network: Network, inputs: Array) -> Network:
    """Return a network without the hidden neurons that none of these pictures activates; its outputs for them are the same.

    Args:
        network: any.
        inputs: (n, 784) float32 in [0, 1], many and as various as what the network will read.
    """
    busy = [np.zeros(n, np.bool_) for n in network.sizes[1:-1]]
    for start in range(0, len(inputs), BLOCK):
        activations = network.activations(inputs[start : start + BLOCK])[1:-1]
        busy = [seen | layer.any(axis=0) for seen, layer in zip(busy, activations, strict=True)]
    kept = [np.arange(network.sizes[0]), *map(_at_least_one, busy), np.arange(network.sizes[-1])]
    return Network(
        tuple(
            Layer(layer.weight[np.ix_(rows, columns)], layer.bias[columns], layer.activation)
            for layer, rows, columns in zip(network.layers, kept, kept[1:], strict=False)
        )
    )


def _at_least_one(
    busy: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Which neurons are busy; the first where none is, for a layer has one at least."""
    return np.flatnonzero(busy) if busy.any() else np.zeros(1, np.intp)
