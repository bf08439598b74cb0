"""Leaving out neurons that no picture activates."""

import numpy as np
import pytest

from model.arrays import Array
from model.idle import BLOCK, without_idle
from model.network import Layer, Network


def pictures(n: int) -> Array:
    """Random inputs, all of them lit."""
    return np.random.default_rng(3).random((n, 784), dtype=np.float32)


def network(hidden: tuple[int, ...], activation: str, idle: dict[int, list[int]]) -> Network:
    """A random network in which these neurons of these hidden layers have a bias far below zero."""
    layers = list(Network.create(hidden, activation, np.random.default_rng(4)).layers)
    for i, neurons in idle.items():
        bias = layers[i].bias.copy()
        bias[neurons] = -1000
        layers[i] = Layer(layers[i].weight, bias, activation)
    return Network(tuple(layers))


def test_idle_neurons_are_left_out_and_outputs_stay() -> None:
    """In every hidden layer, with the weights that lead to them and from them."""
    inputs = pictures(BLOCK + 7)
    before = network((20, 12), "relu", {0: [0, 5, 19], 1: [3]})
    active = [a.any(axis=0).sum() for a in before.activations(inputs)[1:-1]]
    after = without_idle(before, inputs)
    assert after.sizes == (784, *active, 10)
    assert after.sizes[1] <= 17
    assert after.sizes[2] <= 11
    np.testing.assert_allclose(after.forward(inputs), before.forward(inputs), atol=1e-6)


def test_a_neuron_that_one_picture_activates_stays() -> None:
    """Also if it is the last of many."""
    inputs = np.zeros((BLOCK + 1, 784), np.float32)
    inputs[-1, 0] = 1
    layers = [
        Layer(np.zeros((784, 3), np.float32), np.array([-1, -1, 1], np.float32), "relu"),
        Layer(np.ones((3, 10), np.float32), np.zeros(10, np.float32), "softmax"),
    ]
    weight = layers[0].weight.copy()
    weight[0, 1] = 2
    layers[0] = Layer(weight, layers[0].bias, "relu")
    after = without_idle(Network(tuple(layers)), inputs)
    assert after.sizes == (784, 2, 10)
    np.testing.assert_array_equal(after.layers[0].weight[0], [2, 0])


def test_a_layer_keeps_one_neuron() -> None:
    """A network in which nothing is active gives what its biases say, as before."""
    inputs = pictures(5)
    before = network((4,), "relu", {0: [0, 1, 2, 3]})
    after = without_idle(before, inputs)
    assert after.sizes == (784, 1, 10)
    np.testing.assert_array_equal(after.forward(inputs), before.forward(inputs))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "leaky_relu", "gelu"])
def test_other_activation_functions_always_pass_something_on(activation: str) -> None:
    """So no neuron is left out, even with a single picture to judge by."""
    before = network((30,), activation, {})
    assert without_idle(before, pictures(1)).sizes == before.sizes
