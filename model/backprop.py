"""Back-propagation: how a network learns from its mistakes.

For a mini-batch of pictures whose digits are known:

1. **Compare.** The network reads the pictures; each output's actual activation is held against the desired one. The
   difference says which way, and how urgently, each output must go.
2. **Change the weights in proportion to the activations they carry.** A neuron that must become more active wants the
   weights from bright neurons more positive; a weight from a dark neuron hardly matters. So the gradient of a weight is
   the activation that comes in, times the wish (``delta``) of the neuron it leads to.
3. **Pass the wish back.** The activations of the layer before should change too, each in proportion to the weights that
   lead from it and to the wishes of the neurons they lead to. What the next layer's neurons want is added up.
4. **Again, layer by layer,** from the output layer backwards, and again with the next random mini-batch, until the loss
   is as small as it gets. How far each weight moves along its gradient is the optimiser's business.

Source: Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors; notation as in
Nielsen, Neural Networks and Deep Learning, chapter 2.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from model.activations import ACTIVATIONS, softmax
from model.arrays import Array
from model.lit_inputs import LitInputs
from model.losses import Loss
from model.network import require_columns
from model.parameters import Parameters


class Backpropagation:
    """The arrays that learning from one mini-batch needs, allocated once, and the two passes that fill them.

    Attributes:
        z: for each layer after the inputs, its neurons' weighted sums, (batch, n_out).
        a: for each layer, the inputs first, its activations, (batch, n).
        delta: for each layer after the inputs, the gradient of the loss with respect to z, (batch, n_out).
        gradient: the mean over the mini-batch of the loss's gradient, for every weight and bias, from ``backward``.
    """

    def __init__(self, sizes: Sequence[int], activation: str, loss: Loss, batch: int) -> None:
        self.activation = ACTIVATIONS[activation]
        self.loss = loss
        self.z = [np.empty((batch, n), np.float32) for n in sizes[1:]]
        self.a = [np.empty((batch, n), np.float32) for n in sizes]
        self.delta = [np.empty((batch, n), np.float32) for n in sizes[1:]]
        self.gradient = Parameters.zeros(sizes)
        self._ones = np.ones(batch, np.float32)
        self._first = LitInputs(sizes[0], sizes[1])
        self._made = np.empty(max(part.stop - part.start for part in self.gradient.layers), np.float32)

    def forward(self, parameters: Parameters, inputs: Array) -> Array:
        """Return the outputs for (batch, 784) inputs and remember every layer's sums and activations."""
        require_columns(inputs, self.a[0].shape[1])
        self.a[0] = inputs
        last = len(self.z) - 1
        for i, (weight, bias) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
            if i == 0:
                self._first.weighted_sums(inputs, weight, out=self.z[0])
            else:
                np.matmul(self.a[i], weight, out=self.z[i])
            self.z[i] += bias
            if i < last:
                self.activation.forward(self.z[i], self.a[i + 1])
        return softmax(self.z[last], out=self.a[last + 1])

    def backward(self, parameters: Parameters, desired: Array) -> Parameters:
        """Return the gradient for the mini-batch that ``forward`` has just seen.

        Args:
            parameters: the same that the forward pass used.
            desired: (batch, 10) desired outputs.
        """
        for layer, gradient in self.layer_gradients(parameters, desired):
            self.gradient.vector[layer] = gradient
        return self.gradient

    def layer_gradients(self, parameters: Parameters, desired: Array) -> Iterator[tuple[slice, Array]]:
        """Yield the gradient of one layer after the other, from the outputs backwards, and where in the vector it belongs.

        A layer may be changed as soon as its gradient has come, while that is still in the processor's cache: nothing
        needs its old weights any more. The next layer's gradient is written over it.

        Args:
            parameters: the same that the forward pass used.
            desired: (batch, 10) desired outputs.
        """
        self._compare(desired)
        for i in reversed(range(len(self.z))):
            if i > 0:
                self._pass_back(parameters, i)  # before the weights that it goes along are changed
            yield parameters.layers[i], self._change_weights(i)

    def input_gradient(self, parameters: Parameters, desired: Array) -> Array:
        """Return the gradient of the mini-batch's loss with respect to the inputs that ``forward`` has just seen, (batch, 784).

        The first of the four steps, and the third down to the pixels; no weight changes.
        """
        self._compare(desired)
        for i in reversed(range(1, len(self.z))):
            self._pass_back(parameters, i)
        gradient: Array = self.delta[0] @ parameters.weights[0].T
        return gradient

    def _compare(self, desired: Array) -> None:
        """Step 1: the difference between actual and desired outputs, shared out over the mini-batch."""
        delta = self.delta[-1]
        self.loss.delta(self.a[-1], desired, delta)
        delta *= np.float32(1 / len(desired))

    def _change_weights(self, i: int) -> Array:
        """Step 2: a weight's gradient is the activation it carries times the delta it leads to; a bias carries 1."""
        n_in, n_out = self.a[i].shape[1], self.z[i].shape[1]
        made = self._made[: (n_in + 1) * n_out]
        weights, biases = made[:-n_out].reshape(n_in, n_out), made[-n_out:]
        if i == 0:
            self._first.weight_gradient(self.delta[0], out=weights)
        else:
            np.matmul(self.a[i].T, self.delta[i], out=weights)
        np.matmul(self._ones, self.delta[i], out=biases)
        return made

    def _pass_back(self, parameters: Parameters, i: int) -> None:
        """Step 3: what the neurons of the layer before should have done, from the deltas their weights lead to."""
        np.matmul(self.delta[i], parameters.weights[i].T, out=self.delta[i - 1])
        self.activation.backward(self.z[i - 1], self.a[i], self.delta[i - 1])
