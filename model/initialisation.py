"""Random weights to begin with: small enough that no neuron saturates, large enough that signals do not fade."""

from math import sqrt

import numpy as np

from model.arrays import Array


def initial_weight(n_in: int, n_out: int, activation: str, rng: np.random.Generator) -> Array:
    """Return (n_in, n_out) normally distributed weights whose spread suits the activation function.

    Rectifiers (ReLU, leaky ReLU, GELU) pass about half of the signal, so their weights have variance 2 / n_in
    (He et al. 2015, equation 10); for sigmoid, tanh and softmax it is 2 / (n_in + n_out) (Glorot and Bengio 2010,
    equation 12).
    """
    rectifies = activation in {"relu", "leaky_relu", "gelu"}
    deviation = sqrt(2 / n_in) if rectifies else sqrt(2 / (n_in + n_out))
    weight: Array = rng.standard_normal((n_in, n_out), dtype=np.float32) * np.float32(deviation)
    return weight
