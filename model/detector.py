"""The detector: a second, small network that says whether there is a digit at all.

It sees the pixels and what the first network made of them, the activations of its last hidden layer. How it learns is
in ``model.novelty``.
"""

from typing import Final

import numpy as np

from model.arrays import Array
from model.form import PIXELS
from model.network import Network, sums

HIDDEN: Final = 128
"""Neurons of the detector's one hidden layer: more told no more digits from letters, and cost time."""

NON_DIGIT, DIGIT = 0, 1
OUTPUTS: Final = 2
"""No digit, and a digit."""

ACTIVATIONS: Final = ("relu", "softmax")


def detector_sizes(network: Network) -> tuple[int, int, int]:
    """Return the sizes of a detector for this network, inputs first."""
    return network.layers[-1].weight.shape[0] + PIXELS, HIDDEN, OUTPUTS


def digit_score(detector: Network, hidden: Array, inputs: Array) -> Array:
    """Return (batch,) log-odds that there is a digit, not yet calibrated.

    Args:
        detector: a network of ``detector_sizes``.
        hidden: (batch, n) activations of the first network's last hidden layer.
        inputs: (batch, 784) float32 in [0, 1].
    """
    first, last = detector.layers
    n = hidden.shape[1]
    a = sums(hidden, first.weight[:n])  # two products: joining the inputs would copy them
    a += sums(inputs, first.weight[n:])
    a += first.bias
    np.maximum(a, np.float32(0), out=a)
    z = last.weighted_sums(a)
    score: Array = z[:, DIGIT] - z[:, NON_DIGIT]
    return score
