"""A network and its detector as one, made ready to read pictures.

Both see the pixels, and both see the activations of the network's last hidden layer. Here weights that carry the same
activations lie side by side, so that one product adds up for both: a lone picture waits for its weights, and half of the
searches for lit inputs and of the products are saved.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from model.activations import ACTIVATIONS
from model.arrays import Array
from model.detector import DIGIT, NON_DIGIT
from model.network import Layer, Network, require_columns, sums

Place = Callable[[Sequence[Array]], Sequence[Array]]
"""Returns arrays of the same numbers, which may lie elsewhere in memory."""


class Joint:
    """A network with hidden layers and its detector. Immutable, so safe to share between threads.

    Attributes:
        network: the given one; its weights are views of the joint ones.
    """

    def __init__(self, network: Network, detector: Network, place: Place = list) -> None:
        """Put weights side by side.

        Args:
            network: has one hidden layer or more.
            detector: of ``detector_sizes``.
            place: where all weights are to lie.
        """
        (first, *inner, last), (seeing, saying) = network.layers, detector.layers
        self._n, n = first.weight.shape[1], last.weight.shape[0]
        own = [
            np.hstack([first.weight, seeing.weight[n:]]),
            np.concatenate([first.bias, seeing.bias]),
            np.hstack([last.weight, seeing.weight[:n]]),
            last.bias,
            saying.weight,
            saying.bias,
            *(array for layer in inner for array in (layer.weight, layer.bias)),
        ]
        first_weight, first_bias, last_weight, last_bias, saying_weight, saying_bias, *others = place(own)
        self._first = Layer(first_weight, first_bias, first.activation)
        self._last = last_weight
        self._saying = Layer(saying_weight, saying_bias, saying.activation)
        between = [
            Layer(weight, bias, layer.activation)
            for weight, bias, layer in zip(others[::2], others[1::2], inner, strict=True)
        ]
        self.network = Network(
            (
                Layer(first_weight[:, : self._n], first_bias[: self._n], first.activation),
                *between,
                Layer(last_weight[:, : len(last_bias)], last_bias, last.activation),
            )
        )

    def read(self, inputs: Array) -> tuple[Array, Array]:
        """Return the network's logits, (batch, 10), and what ``model.detector.digit_score`` returns, (batch,).

        Args:
            inputs: (batch, 784) float32 in [0, 1].

        Raises:
            ShapeMismatch: inputs is not (batch, 784).
        """
        require_columns(inputs, self._first.weight.shape[0])
        z = self._first.weighted_sums(inputs)
        z, seen = z[:, : self._n], z[:, self._n :]
        for before, layer in pairwise(self.network.layers[:-1]):
            ACTIVATIONS[before.activation].forward(z, z)
            z = layer.weighted_sums(z)
        ACTIVATIONS[self.network.layers[-2].activation].forward(z, z)
        z = sums(z, self._last)
        outputs = self.network.layers[-1].bias
        seen += z[:, len(outputs) :]
        np.maximum(seen, np.float32(0), out=seen)
        said = self._saying.weighted_sums(seen)
        scores: Array = said[:, DIGIT] - said[:, NON_DIGIT]
        return z[:, : len(outputs)] + outputs, scores
