"""An adversary: changes each picture a little, the way that raises the network's loss the most.

What a network has by heart it reads from pixels that happen to be so; a digit that it knows by its shape stays that
digit when every pixel moves a little against it. Learning from such pictures is like having more of them.

Source: Goodfellow, Shlens and Szegedy 2015, Explaining and harnessing adversarial examples, section 6, with a change
of given Euclidean length as in Miyato et al. 2016, Distributional smoothing with virtual adversarial training.
"""

from typing import Final

import numpy as np

from model.arrays import Array
from model.backprop import Backpropagation
from model.parameters import Parameters

SHARE: Final = 0.67
"""Of the pictures that are changed: the others show digits as people write them."""

_TINY: Final = np.float32(1e-12)


def change(
    inputs: Array,
    desired: Array,
    parameters: Parameters,
    backpropagation: Backpropagation,
    *,
    most: float,
    rng: np.random.Generator,
) -> None:
    """Move inputs along the gradient of their loss, in place.

    Args:
        inputs: (batch, 784) in [0, 1], where they stay.
        desired: (batch, 10) desired outputs.
        parameters: of the network that is to be misled.
        backpropagation: its passes; they are used up.
        most: the greatest Euclidean length of a change; each picture draws its own, 0 to this.
        rng: where the lengths come from.
    """
    backpropagation.forward(parameters, inputs)
    gradient = backpropagation.input_gradient(parameters, desired)
    lengths = rng.uniform(0, most, len(inputs)) * (rng.random(len(inputs)) < SHARE)
    steepness = np.sqrt(np.einsum("ij,ij->i", gradient, gradient)) + _TINY
    gradient *= (lengths / steepness).astype(np.float32)[:, None]
    inputs += gradient
    np.clip(inputs, np.float32(0), np.float32(1), out=inputs)
