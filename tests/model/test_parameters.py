"""One vector, many views."""

import numpy as np

from model.network import Network
from model.parameters import Parameters


def test_views_and_vector_are_the_same_numbers() -> None:
    """Writing through a layer's view is seen in the vector, in the order weights, biases, next layer."""
    parameters = Parameters.zeros((2, 3, 1))
    parameters.weights[0][1, 2] = 5
    parameters.biases[1][0] = 7
    assert parameters.vector.tolist() == [0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 7]


def test_freezing_copies() -> None:
    """A frozen network stays as it was when training goes on."""
    network = Network.create((4,), "relu", np.random.default_rng(0))
    parameters = Parameters.of(network)
    frozen = parameters.freeze(["relu", "softmax"])
    parameters.vector[:] += 1
    np.testing.assert_array_equal(frozen.layers[0].weight, network.layers[0].weight)
    assert [layer.activation for layer in frozen.layers] == ["relu", "softmax"]
