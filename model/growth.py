"""A network with more neurons that answers just as the one it grew from.

Every neuron keeps its weights. New neurons see the layer before with random weights, and what follows listens to them
with weights of zero: they change no answer until learning finds a use for them. A new layer before the outputs begins
by passing on what it gets, which a rectifier does: what comes to it is not negative.

Source of the idea: Chen, Goodfellow and Shlens 2016, Net2Net, Accelerating learning via knowledge transfer.
"""

from collections.abc import Sequence

import numpy as np

from model.arrays import Array
from model.config import NetworkConfig
from model.errors import ConfigInvalid
from model.initialisation import initial_weight
from model.network import Layer, Network

DEEPENS = "relu"
"""The activation function that leaves activations of its own as they are, so that a layer can be put after another."""


def grown(network: Network, hidden: Sequence[int], rng: np.random.Generator) -> Network:
    """Return a network with these hidden layers that gives the outputs of a smaller one.

    Args:
        network: the network to grow, with one hidden layer or more.
        hidden: neurons of each hidden layer: for each layer of the network no fewer than it has, and for each further
            layer no fewer than the network's last one has.
        rng: the source of the new neurons' weights; the same state gives the same network.

    Raises:
        ConfigInvalid: ``hidden`` is not a larger network, or layers are added to another network than of rectifiers.
    """
    before = config_of(network.sizes, [layer.activation for layer in network.layers])
    require_larger(before, NetworkConfig(tuple(hidden), before.activation))
    layers: list[Layer] = []
    kept = n_in = network.sizes[0]
    for i, n_out in enumerate(hidden):
        old = network.layers[i] if i < len(before.hidden) else _passing_on(kept)
        layers.append(_widened(old, n_in, n_out, rng))
        kept, n_in = old.weight.shape[1], n_out
    return Network((*layers, _widened(network.layers[-1], n_in, network.sizes[-1], rng)))


def config_of(sizes: Sequence[int], activations: Sequence[str]) -> NetworkConfig:
    """Return the configuration of a network with layers of these sizes, inputs first, and these activation functions."""
    hidden = tuple(sizes[1:-1])
    return NetworkConfig(hidden, activations[0]) if hidden else NetworkConfig(hidden)


def require_larger(before: NetworkConfig, asked: NetworkConfig) -> None:
    """Check that a network can grow into the one asked for, as ``grown`` says.

    Raises:
        ConfigInvalid: it cannot; the message says what could be asked for.
    """
    if asked.activation != before.activation:
        raise ConfigInvalid(
            "network.activation", f"expected that of start_from, {before.activation}, got {asked.activation}"
        )
    deeper = len(asked.hidden) - len(before.hidden)
    least = (*before.hidden, *before.hidden[-1:] * deeper)
    if not before.hidden or deeper < 0 or any(n < m for n, m in zip(asked.hidden, least, strict=True)):
        raise ConfigInvalid(
            "network.hidden",
            f"expected the hidden layers of start_from, {list(before.hidden)}, or larger ones, got {list(asked.hidden)}",
        )
    if deeper and before.activation != DEEPENS:
        raise ConfigInvalid(
            "network.hidden",
            f"expected {len(before.hidden)} layers: only a network of {DEEPENS} can grow deeper",
        )


def _passing_on(n: int) -> Layer:
    return Layer(np.eye(n, dtype=np.float32), np.zeros(n, np.float32), DEEPENS)


def _widened(old: Layer, n_in: int, n_out: int, rng: np.random.Generator) -> Layer:
    """Return a layer whose first neurons see the first inputs as before, and no other."""
    rows, columns = old.weight.shape
    weight: Array = initial_weight(n_in, n_out, old.activation, rng)
    weight[:rows, :columns] = old.weight
    weight[rows:, :columns] = 0
    bias = np.zeros(n_out, np.float32)
    bias[:columns] = old.bias
    return Layer(weight, bias, old.activation)
