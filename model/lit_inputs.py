"""The first layer's products, without the inputs that are dark in the whole mini-batch: zero in each of its pictures.

The borders of a picture carry ink so rarely that of 784 pixels some 250 are dark in a mini-batch of 128 unvaried digits.
A dark input adds nothing to any weighted sum, and the gradient of its weights, activation times delta, is zero: what is
left out changes no result. The lit inputs and their weights are moved together, so that a product is still one.
``network.sums`` does the like for a network that only reads, and in every layer.
"""

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array

LIT = 0.8
"""Up to this share of lit inputs, moving their weights together takes less time than multiplying with zeros: with
mini-batches of 128 on one core, half of the time that it saves at 0.68, all of it at 0.81."""

WIDE = 256
"""Neurons from which a product takes long enough for the search for dark inputs to pay."""


class LitInputs:
    """Multiplies the inputs of one mini-batch with the first layer's weights, and afterwards with its deltas."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self._most = int(LIT * n_in) if n_out >= WIDE else 0
        self._rows = np.empty((self._most + 1, n_out), np.float32)
        self._inputs = np.empty((0, n_in), np.float32)
        self._row_of: NDArray[np.intp] | None = None

    def weighted_sums(self, inputs: Array, weight: Array, out: Array) -> None:
        """Write inputs @ weight, (batch, n_out)."""
        lit = self._find(inputs)
        if lit is None:
            np.matmul(inputs, weight, out=out)
            return
        weights = np.take(weight, lit, axis=0, out=self._rows[: len(lit)], mode="clip")
        np.matmul(self._inputs, weights, out=out)

    def weight_gradient(self, delta: Array, out: Array) -> None:
        """Write inputs.T @ delta, (n_in, n_out), for the inputs last seen; zero for each dark one."""
        if self._row_of is None:
            np.matmul(self._inputs.T, delta, out=out)
            return
        n = self._inputs.shape[1]
        np.matmul(self._inputs.T, delta, out=self._rows[:n])
        self._rows[n] = 0
        np.take(self._rows, self._row_of, axis=0, out=out, mode="clip")

    def _find(self, inputs: Array) -> NDArray[np.intp] | None:
        """Return which inputs are lit and keep these together, or None, and keep all, if leaving out does not pay."""
        self._inputs, self._row_of = inputs, None
        if not self._most:
            return None
        lit = np.flatnonzero(
            np.bitwise_or.reduce(inputs.view(np.int32), axis=0)
        )  # no bit set: 0.0, at a third of `any`'s time
        if len(lit) > self._most:
            return None
        self._inputs = inputs.take(lit, axis=1)
        self._row_of = np.full(inputs.shape[1], len(lit))  # a row of zeros behind the others
        self._row_of[lit] = np.arange(len(lit))
        return lit
