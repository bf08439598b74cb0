"""The forward pass, by hand and by shape."""

import numpy as np
import pytest

from model.errors import ShapeMismatch
from model.network import MANY, Layer, Network, as_inputs, sums


def two_layers() -> Network:
    """A network of 2 inputs, 2 hidden neurons and 2 outputs, small enough for paper."""
    hidden = Layer(np.array([[1.0, -1.0], [2.0, 1.0]], np.float32), np.array([0.5, 0.0], np.float32), "relu")
    output = Layer(
        np.array([[1.0, 0.0], [0.0, 3.0]], np.float32), np.array([0.0, 1.0], np.float32), "softmax"
    )
    return Network((hidden, output))


def test_forward_worked_out_by_hand() -> None:
    """Inputs (1, 0.5): sums (2.5, -0.5), rectified (2.5, 0), logits (2.5, 1), softmax (0.8176, 0.1824)."""
    inputs = np.array([[1.0, 0.5]], np.float32)
    np.testing.assert_allclose(two_layers().logits(inputs), [[2.5, 1.0]])
    np.testing.assert_allclose(two_layers().forward(inputs), [[0.817574, 0.182426]], atol=1e-6)


def test_activations_of_every_layer_are_shown() -> None:
    """The list begins with the inputs and ends with what forward returns."""
    inputs = np.array([[1.0, 0.5]], np.float32)
    shown = two_layers().activations(inputs)
    np.testing.assert_array_equal(shown[0], inputs)
    np.testing.assert_allclose(shown[1], [[2.5, 0.0]])
    np.testing.assert_array_equal(shown[2], two_layers().forward(inputs))


@pytest.mark.parametrize("hidden", [(), (7,), (9, 8, 7, 6)])
def test_any_number_of_hidden_layers(hidden: tuple[int, ...]) -> None:
    """A created network has the sizes asked for and gives ten activations that sum to 1."""
    network = Network.create(hidden, "gelu", np.random.default_rng(0))
    assert network.sizes == (784, *hidden, 10)
    outputs = network.forward(np.random.default_rng(1).random((3, 784), np.float32))
    assert outputs.shape == (3, 10)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)


def test_equal_seeds_create_equal_networks() -> None:
    """The weights come from the generator alone."""
    first, second = (Network.create((5,), "relu", np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first.layers[0].weight, second.layers[0].weight)


@pytest.mark.parametrize(
    ("activation", "deviation"), [("relu", (2 / 784) ** 0.5), ("tanh", (2 / 1784) ** 0.5)]
)
def test_first_weights_have_the_spread_that_suits_the_activation(activation: str, deviation: float) -> None:
    """He's variance for rectifiers, Glorot's for the others."""
    network = Network.create((1000,), activation, np.random.default_rng(0))
    assert network.layers[0].weight.std() == pytest.approx(deviation, rel=0.01)


@pytest.mark.parametrize("inked", [0, 1, 300, 784])
@pytest.mark.parametrize("batch", [1, 5, MANY, MANY + 1])
def test_leaving_out_inputs_that_are_zero_changes_no_sum(batch: int, inked: int) -> None:
    """Few pictures or many, blank or covered with ink."""
    rng = np.random.default_rng(0)
    inputs, weight = np.zeros((batch, 784), np.float32), rng.normal(size=(784, 20)).astype(np.float32)
    inputs[:, rng.permutation(784)[:inked]] = rng.random((batch, inked), np.float32)
    expected = inputs.astype(np.float64) @ weight
    np.testing.assert_allclose(sums(inputs, weight), expected, rtol=1e-5, atol=1e-4)


def test_no_pictures_have_no_logits() -> None:
    """An empty batch is a batch."""
    network = Network.create((300,), "relu", np.random.default_rng(0))
    assert network.logits(np.zeros((0, 784), np.float32)).shape == (0, 10)


def test_forward_rejects_a_flat_image() -> None:
    """A (784,) array is refused, and the message names both shapes."""
    network = Network.create((3,), "relu", np.random.default_rng(0))
    with pytest.raises(ShapeMismatch, match=r"expected \(batch, 784\), got \(784,\)"):
        network.forward(np.zeros(784, np.float32))


def test_layers_that_do_not_fit_are_refused() -> None:
    """Three outputs cannot lead into a layer of two inputs."""
    with pytest.raises(ShapeMismatch, match="expected a layer of 2 inputs, got 3"):
        Network(
            (two_layers().layers[0], Layer(np.zeros((3, 2), np.float32), np.zeros(2, np.float32), "softmax"))
        )
    with pytest.raises(ShapeMismatch, match=r"got \(3, 2\) and \(3,\)"):
        Layer(np.zeros((3, 2), np.float32), np.zeros(3, np.float32), "relu")


def test_weights_of_a_network_cannot_be_written() -> None:
    """What is served never changes."""
    with pytest.raises(ValueError, match="read-only"):
        two_layers().layers[0].weight[0, 0] = 1


def test_inputs_are_shares_of_full_ink() -> None:
    """Grey 255 becomes 1 and grey 51 becomes a fifth, in float32."""
    inputs = as_inputs(np.array([0, 51, 255], np.uint8))
    assert inputs.dtype == np.float32
    np.testing.assert_allclose(inputs, [0, 0.2, 1])
