"""Back-propagation: one update by hand, and every gradient against finite differences."""

from itertools import pairwise

import numpy as np
import pytest

from model import lit_inputs
from model.activations import ACTIVATIONS, softmax
from model.arrays import Array
from model.backprop import Backpropagation
from model.losses import LOSSES, desired_outputs
from model.network import Layer, Network
from model.optimizer import Sgd
from model.parameters import Parameters


def test_one_update_worked_out_by_hand() -> None:
    """Two inputs (1, 0), one ReLU neuron, two outputs; every number below was worked out on paper.

    z = 1 * 2 + 0 * 5 = 2, a = 2; logits (2 * 0.5, 2 * 0) = (1, 0); outputs (0.731059, 0.268941); desired (0, 1).
    Deltas (0.731059, -0.731059). Output weights change by a * delta = +-1.462117. The wish passed back is
    0.5 * 0.731059 + 0 * -0.731059 = 0.365529: the weight from the bright input changes by it, that from the dark
    input not at all.
    """
    network = Network(
        (
            Layer(np.array([[2.0], [5.0]], np.float32), np.zeros(1, np.float32), "relu"),
            Layer(np.array([[0.5, 0.0]], np.float32), np.zeros(2, np.float32), "softmax"),
        )
    )
    parameters = Parameters.of(network)
    learning = Backpropagation((2, 1, 2), "relu", LOSSES["cross_entropy"], batch=1)
    learning.forward(parameters, np.array([[1.0, 0.0]], np.float32))
    gradient = learning.backward(parameters, np.array([[0.0, 1.0]], np.float32))
    np.testing.assert_allclose(gradient.weights[1], [[1.462117, -1.462117]], atol=1e-6)
    np.testing.assert_allclose(gradient.biases[1], [0.731059, -0.731059], atol=1e-6)
    np.testing.assert_allclose(gradient.weights[0], [[0.365529], [0.0]], atol=1e-6)
    np.testing.assert_allclose(gradient.biases[0], [0.365529], atol=1e-6)
    Sgd(parameters.vector.size, momentum=0, weight_decay=0).step(
        parameters.vector, gradient.vector, 0.1, step=1
    )
    np.testing.assert_allclose(parameters.weights[1], [[0.353788, 0.146212]], atol=1e-6)
    np.testing.assert_allclose(parameters.weights[0], [[1.963447], [5.0]], atol=1e-6)


Vector64 = np.ndarray[tuple[int], np.dtype[np.float64]]


class Loss64:
    """The mean loss of a network as a function of its weights, summed in 64 bits so that small differences survive."""

    def __init__(self, sizes: tuple[int, ...], activation: str, loss: str) -> None:
        self.sizes, self.activation, self.loss = sizes, ACTIVATIONS[activation], LOSSES[loss]

    def __call__(self, vector: Vector64, inputs: Array, y: Array) -> float:
        """Run forward with these weights."""
        a, start, z = inputs.astype(np.float64), 0, np.empty(0)
        for n_in, n_out in pairwise(self.sizes):
            if start:
                a = np.empty_like(z)
                self.activation.forward(z, a)  # type: ignore[arg-type]  # 64 bits on purpose
            middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
            z = a @ vector[start:middle].reshape(n_in, n_out) + vector[middle:end]
            start = end
        return float(self.loss.value(softmax(z), y).mean())  # type: ignore[arg-type]  # 64 bits on purpose


def slopes_of(
    loss_of: Loss64, parameters: Parameters, inputs: Array, y: Array, step: float = 1e-6
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The slope of the loss along each parameter, by finite differences."""
    vector, slopes = parameters.vector.astype(np.float64), np.empty(parameters.vector.size)
    for k in range(vector.size):
        vector[k] += step
        above = loss_of(vector, inputs, y)
        vector[k] -= 2 * step
        slopes[k] = (above - loss_of(vector, inputs, y)) / (2 * step)
        vector[k] += step
    return slopes


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_gradient_matches_finite_differences(activation: str, loss: str) -> None:
    """For every activation and loss, each weight's and bias's gradient is the slope of the loss."""
    rng = np.random.default_rng(7)
    parameters = Parameters.zeros((6, 5, 4, 10))
    parameters.vector[:] = rng.normal(scale=0.5, size=parameters.vector.size)
    inputs = rng.random((3, 6), np.float32)
    y = desired_outputs(np.array([1, 7, 3], np.uint8), 0.1)
    learning = Backpropagation((6, 5, 4, 10), activation, LOSSES[loss], batch=3)
    learning.forward(parameters, inputs)
    gradient = learning.backward(parameters, y).vector.copy()
    slopes = slopes_of(Loss64((6, 5, 4, 10), activation, loss), parameters, inputs, y)
    np.testing.assert_allclose(gradient, slopes, rtol=0, atol=3e-6)


def test_gradient_with_dark_inputs_matches_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs that are zero in every picture are left out of the products: their weights' gradient is the slope all the same, 0.

    Inputs 1 and 4 are dark, 2 is lit in one picture alone. A mini-batch with other dark inputs before it leaves no trace.
    """
    monkeypatch.setattr(lit_inputs, "WIDE", 1)
    sizes, rng = (6, 5, 4, 10), np.random.default_rng(7)
    parameters = Parameters.zeros(sizes)
    parameters.vector[:] = rng.normal(scale=0.5, size=parameters.vector.size)
    learning = Backpropagation(sizes, "tanh", LOSSES["cross_entropy"], batch=3)
    y = desired_outputs(np.array([1, 7, 3], np.uint8), 0.1)
    inputs, before = rng.random((3, 6), np.float32), rng.random((3, 6), np.float32)
    inputs[:, [1, 4]] = inputs[1:, 2] = before[:, [0, 3, 5]] = 0
    learning.forward(parameters, before)
    learning.backward(parameters, y)
    learning.forward(parameters, inputs)
    gradient = learning.backward(parameters, y)
    slopes = slopes_of(Loss64(sizes, "tanh", "cross_entropy"), parameters, inputs, y)
    np.testing.assert_allclose(gradient.vector, slopes, rtol=0, atol=3e-6)
    assert not gradient.weights[0][[1, 4]].any()
    assert gradient.weights[0][[0, 2, 3, 5]].all()


def test_weights_of_dark_inputs_take_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the weights of dark inputs are, even not a number, is not looked at; with few of them dark, all are multiplied."""
    monkeypatch.setattr(lit_inputs, "WIDE", 1)
    layer = lit_inputs.LitInputs(10, 2)
    inputs, weight, out = (
        np.zeros((3, 10), np.float32),
        np.ones((10, 2), np.float32),
        np.empty((3, 2), np.float32),
    )
    inputs[:, :8] = 1
    weight[8:] = np.nan
    layer.weighted_sums(inputs, weight, out)
    np.testing.assert_array_equal(out, 8)
    inputs[0, 8] = -1
    layer.weighted_sums(inputs, weight, out)
    assert np.isnan(out).all()


def test_a_layer_may_be_changed_as_soon_as_its_gradient_has_come() -> None:
    """Spoiling each layer once its gradient has come leaves the gradients of the others what ``backward`` says."""
    rng = np.random.default_rng(3)
    parameters = Parameters.of(Network.create((9, 7), "relu", rng))
    inputs, y = rng.random((4, 784), np.float32), desired_outputs(np.array([0, 1, 2, 3], np.uint8))
    learning = Backpropagation((784, 9, 7, 10), "relu", LOSSES["cross_entropy"], batch=4)
    learning.forward(parameters, inputs)
    whole = learning.backward(parameters, y).vector.copy()
    seen = []
    for layer, gradient in learning.layer_gradients(parameters, y):
        np.testing.assert_array_equal(gradient, whole[layer])
        parameters.vector[layer] = np.nan
        gradient[:] = np.nan
        seen.append((layer.start, layer.stop))
    assert seen == [(785 * 9 + 70, 785 * 9 + 150), (785 * 9, 785 * 9 + 70), (0, 785 * 9)]


def test_gradient_of_a_batch_is_the_mean_of_its_pictures() -> None:
    """Two pictures together pull each weight half as hard as the sum of both alone."""
    rng = np.random.default_rng(1)
    parameters = Parameters.of(Network.create((8,), "relu", rng))
    inputs = rng.random((2, 784), np.float32)
    y = desired_outputs(np.array([4, 2], np.uint8))
    together = Backpropagation((784, 8, 10), "relu", LOSSES["cross_entropy"], batch=2)
    together.forward(parameters, inputs)
    mean = together.backward(parameters, y).vector.copy()
    alone = Backpropagation((784, 8, 10), "relu", LOSSES["cross_entropy"], batch=1)
    total = np.zeros_like(mean)
    for i in range(2):
        alone.forward(parameters, inputs[i : i + 1])
        total += alone.backward(parameters, y[i : i + 1]).vector
    np.testing.assert_allclose(mean, total / 2, atol=1e-6)


def test_forward_of_training_and_of_serving_agree() -> None:
    """The outputs that learning compares are those that the frozen network gives."""
    rng = np.random.default_rng(2)
    network = Network.create((20, 15), "tanh", rng)
    inputs = rng.random((4, 784), np.float32)
    learning = Backpropagation(network.sizes, "tanh", LOSSES["cross_entropy"], batch=4)
    np.testing.assert_array_equal(learning.forward(Parameters.of(network), inputs), network.forward(inputs))
