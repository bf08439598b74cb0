"""A network and its detector, read as one."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.arrays import Array
from model.detector import detector_sizes, digit_score
from model.errors import ShapeMismatch
from model.initialisation import initial_weight
from model.joint import Joint
from model.network import Network
from model.parameters import Parameters


def both(hidden: tuple[int, ...], activation: str) -> tuple[Network, Network]:
    """A random network and a random detector for it."""
    rng = np.random.default_rng(8)
    network = Network.create(hidden, activation, rng)
    parameters = Parameters.zeros(detector_sizes(network))
    for weight, bias in zip(parameters.weights, parameters.biases, strict=True):
        weight[:] = initial_weight(weight.shape[0], weight.shape[1], "relu", rng)
        bias[:] = rng.normal(size=bias.shape)
    return network, parameters.freeze(["relu", "softmax"])


@pytest.mark.parametrize("hidden", [(12,), (200, 30), (90, 60, 30)])
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize("batch", [1, 5, 100])
@pytest.mark.parametrize("lit", [784, 150])
def test_it_reads_what_each_reads_apart(
    hidden: tuple[int, ...], activation: str, batch: int, lit: int
) -> None:
    """Logits and scores, for pictures alone and together, with all inputs lit or some."""
    network, detector = both(hidden, activation)
    inputs = np.zeros((batch, 784), np.float32)
    inputs[:, -lit:] = np.random.default_rng(9).random((batch, lit), dtype=np.float32)
    logits, scores = Joint(network, detector).read(inputs)
    last, expected = network.hidden_and_logits(inputs)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scores, digit_score(detector, last, inputs), rtol=1e-5, atol=1e-5)


def test_its_network_has_the_same_weights() -> None:
    """As views of the joint ones, wherever those were placed."""
    network, detector = both((20, 12), "relu")
    given: list[Array] = []

    def place(arrays: Sequence[Array]) -> Sequence[Array]:
        given.extend(array.copy() for array in arrays)
        return given

    joint = Joint(network, detector, place)
    for mine, theirs in zip(network.layers, joint.network.layers, strict=True):
        np.testing.assert_array_equal(mine.weight, theirs.weight)
        np.testing.assert_array_equal(mine.bias, theirs.bias)
        assert mine.activation == theirs.activation
        assert any(np.shares_memory(theirs.weight, array) for array in given)
    inputs = np.zeros((1, 784), np.float32)
    inputs[0, 300:450] = np.random.default_rng(9).random(
        150, dtype=np.float32
    )  # few, whose weights are gathered
    np.testing.assert_allclose(joint.network.forward(inputs), network.forward(inputs), rtol=1e-5)


def test_pictures_of_another_size_are_refused() -> None:
    """As the network alone refuses them."""
    with pytest.raises(ShapeMismatch, match="784"):
        Joint(*both((12,), "relu")).read(np.zeros((1, 783), np.float32))
