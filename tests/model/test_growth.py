"""Larger networks that answer as the smaller ones they grew from."""

import numpy as np
import pytest

from model.errors import ConfigInvalid
from model.form import PIXELS
from model.growth import grown
from model.network import Network


def rng() -> np.random.Generator:
    """A fresh source of random weights."""
    return np.random.default_rng(3)


def inputs() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Eight random pictures."""
    return np.random.default_rng(5).random((8, PIXELS), np.float32)


@pytest.mark.parametrize(
    ("hidden", "larger", "activation"),
    [
        ((6,), (9,), "tanh"),
        ((6, 4), (9, 7), "gelu"),
        ((6, 4), (6, 7), "relu"),
        ((6, 4), (9, 7, 5), "relu"),
        ((6, 4), (6, 4, 4, 4), "relu"),
    ],
)
def test_a_grown_network_answers_as_before(
    hidden: tuple[int, ...], larger: tuple[int, ...], activation: str
) -> None:
    """Wider layers, and layers of rectifiers put before the outputs, change no logit beyond rounding."""
    network = Network.create(hidden, activation, rng())
    new = grown(network, larger, rng())
    assert new.sizes == (PIXELS, *larger, 10)
    np.testing.assert_allclose(new.logits(inputs()), network.logits(inputs()), atol=1e-5)


def test_new_neurons_are_random_and_not_yet_listened_to() -> None:
    """What is kept, what is new and what is zero, block by block."""
    network = Network.create((6, 4), "relu", rng())
    first, second, last = grown(network, (9, 7), rng()).layers
    np.testing.assert_array_equal(first.weight[:, :6], network.layers[0].weight)
    assert np.unique(first.weight[:, 6:]).size > PIXELS
    np.testing.assert_array_equal(second.weight[:6, :4], network.layers[1].weight)
    assert not second.weight[6:, :4].any()
    assert second.weight[:, 4:].all()
    assert not last.weight[4:].any()


def test_equal_generators_grow_equal_networks() -> None:
    """All chance comes from the generator."""
    network = Network.create((6,), "relu", rng())
    one, other = (grown(network, (9, 8), rng()) for _ in range(2))
    for layer, same in zip(one.layers, other.layers, strict=True):
        np.testing.assert_array_equal(layer.weight, same.weight)


@pytest.mark.parametrize("hidden", [(5, 4), (6, 3), (6,), (6, 4, 3), ()])
def test_a_network_never_shrinks(hidden: tuple[int, ...]) -> None:
    """Fewer neurons or layers than there are cannot give the same answers; the message says what there is."""
    network = Network.create((6, 4), "relu", rng())
    with pytest.raises(ConfigInvalid, match=r"hidden layers of start_from, \[6, 4\], or larger"):
        grown(network, hidden, rng())


def test_only_rectifiers_grow_deeper() -> None:
    """Another activation function would change what passes through it twice."""
    with pytest.raises(ConfigInvalid, match="only a network of relu can grow deeper"):
        grown(Network.create((6,), "tanh", rng()), (6, 6), rng())


def test_a_network_without_hidden_layers_has_nothing_to_grow() -> None:
    """Its inputs are not activations of rectifiers, so no layer can pass them on."""
    with pytest.raises(ConfigInvalid, match=r"hidden layers of start_from, \[\]"):
        grown(Network.create((), "relu", rng()), (6,), rng())
