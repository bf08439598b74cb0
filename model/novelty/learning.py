"""How the detector learns: digits, widely varied, against pictures that are none, made from nothing.

Learning from pictures that are no digit was proposed by Hendrycks et al. 2019, Deep anomaly detection with outlier
exposure.
"""

from typing import Final

import numpy as np

from model.augmentation import Augmenter
from model.backprop import Backpropagation
from model.dataset import Dataset
from model.detector import DIGIT, NON_DIGIT, OUTPUTS, detector_sizes
from model.form import PIXELS
from model.initialisation import initial_weight
from model.losses import LOSSES
from model.network import Network
from model.novelty.nondigits import non_digits
from model.optimizer import AdamW
from model.parameters import Parameters
from model.schedules import rate_factor
from model.synthetic.drawn import drawn_digits

AUGMENTATION: Final = "standard"
"""Wider variations make odd digits welcome, and with them letters."""

LEAST, MOST, A_PASS = 300, 40_000, 2_000
"""Pictures that are no digit: as many as digits within the first bounds, and no more than so many a pass."""

FEWEST_STEPS: Final = 50

_BATCH, _RATE = 256, 0.001


def fit_detector(network: Network, data: Dataset, seed: int, passes: int = 1) -> Network:
    """Return a detector for a trained network.

    Args:
        network: the network it helps.
        data: the digits that the network has learned from.
        seed: the same data, network and seed give the same detector.
        passes: 1 or more; one shows half as many digits as there are, and as many pictures of no digit.
    """
    rng = np.random.Generator(np.random.SFC64([seed, 0x0DD]))
    drawn = drawn_digits(max(10, len(data) // 8), rng)
    digits = data.joined(drawn)
    others = non_digits(data, max(LEAST, min(MOST, A_PASS * passes, len(data))), rng)
    images = np.concatenate([digits.images, others])
    labels = np.concatenate([digits.labels, np.zeros(len(others), np.uint8)])
    return _learn(network, Augmenter(images, AUGMENTATION, labels), len(digits), passes, rng)


def _learn(
    network: Network, augmenter: Augmenter, digits: int, passes: int, rng: np.random.Generator
) -> Network:
    sizes = detector_sizes(network)
    parameters = Parameters.zeros(sizes)
    for weight in parameters.weights:
        weight[:] = initial_weight(weight.shape[0], weight.shape[1], "relu", rng)
    backpropagation = Backpropagation(sizes, "relu", LOSSES["cross_entropy"], _BATCH)
    optimizer = AdamW(parameters.vector.size, 0.01)
    inputs, seen = np.empty((_BATCH, PIXELS), np.float32), np.empty((_BATCH, sizes[0]), np.float32)
    half = _BATCH // 2
    steps = max(FEWEST_STEPS, passes * (digits // _BATCH))
    desired = np.zeros((_BATCH, OUTPUTS), np.float32)
    desired[:half, DIGIT] = desired[half:, NON_DIGIT] = 1
    others = len(augmenter.images) - digits
    for step in range(1, steps + 1):
        chosen = np.concatenate([rng.integers(digits, size=half), digits + rng.integers(others, size=half)])
        augmenter.batch(chosen, rng, inputs)
        seen[:, :-PIXELS] = network.hidden_and_logits(inputs)[0]
        seen[:, -PIXELS:] = inputs
        backpropagation.forward(parameters, seen)
        gradient = backpropagation.backward(parameters, desired)
        optimizer.step(parameters.vector, gradient.vector, _RATE * rate_factor("cosine", step, steps), step)
    return parameters.freeze(["relu", "softmax"])
