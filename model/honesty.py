"""Fits, on digits held out of training, what makes a network say how sure it is and when it does not know.

Three kinds of pictures are read: the held-out digits as they are, the same digits distorted as odd hands and
cameras do, and pictures that are no digit. The first two give the temperature, all three the odds of a digit, and the
first the confidence below which a stated share of good digits lies.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes, Labels
from model.augmentation import Augmenter
from model.calibration import Calibration
from model.config import TrainingConfig
from model.dataset import Dataset, Split
from model.detector import digit_score
from model.form import PIXELS
from model.network import Network, as_inputs
from model.novelty.learning import fit_detector
from model.novelty.nondigits import non_digits

ABSTAINED: Final = 0.008
"""The share of good digits abstained from unless another is asked for: below the 1 % we promise, with room for chance."""

SHARES: Final = (0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares of good digits whose confidence is kept, so that another policy can be asked for."""

NON_DIGITS: Final = 0.03
"""The share of no-digits among the pictures that confidence is calibrated for: more would make it too low for digits."""

DISTORTION: Final = "standard"
"""How held-out digits are distorted; wider than real hands and cameras would make the confidence in them too low."""

LEAST_NON_DIGITS, MOST_NON_DIGITS = 100, 1000
"""Pictures that are no digit, to calibrate with."""

EPOCHS_A_PASS: Final = 5
"""The detector makes one pass for so many epochs of the network's own training, where that sees digits alone."""

MOST_PASSES: Final = 20
"""More passes told no more digits from letters."""

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Evidence:
    """What network and detector made of pictures: (n, 10) logits and (n,) scores."""

    logits: Array
    scores: Array


def detector_passes(config: TrainingConfig) -> int:
    """Return how long the detector of a training learns: as long as helps, where the network is to know no-digits too."""
    return MOST_PASSES if config.non_digits else min(MOST_PASSES, 1 + config.epochs // EPOCHS_A_PASS)


def fit(network: Network, data: Split, seed: int, passes: int) -> Calibration:
    """Return the calibration of a trained network.

    Args:
        network: as trained.
        data: what it learned from, and the digits held out.
        seed: the same network, data, seed and passes give the same calibration.
        passes: of the detector over its pictures, 1 or more.
    """
    detector = fit_detector(network, data.training, seed, passes)
    rng = np.random.Generator(np.random.SFC64([seed, 0xCA1]))
    held_out, labels = data.validation, data.validation.labels
    clean = read(network, detector, as_inputs(held_out.images))
    odd = read(network, detector, _distorted(held_out, rng))
    none = read(network, detector, as_inputs(_non_digits(data, rng)))
    temperature = fit_temperature(
        np.concatenate([clean.logits, odd.logits]), np.concatenate([labels, labels])
    )
    slope, offset = fit_odds(np.concatenate([clean.scores, odd.scores]), none.scores)
    return with_policy(Calibration(temperature, detector, slope, offset), network, held_out.images)


def with_policy(calibration: Calibration, network: Network, held_out: Bytes) -> Calibration:
    """Return a calibration that knows how sure the network is of (n, 784) good digits, and abstains from few of them."""
    _, confidence = answers(calibration, network, held_out)
    abstained = tuple((share, round(float(np.quantile(confidence, share)), 6)) for share in SHARES)
    return replace(calibration, least_confidence=dict(abstained)[ABSTAINED], abstained=abstained)


def answers(calibration: Calibration, network: Network, images: Bytes) -> "tuple[NDArray[np.intp], Array]":
    """Return the (n,) digits read in (n, 784) uint8 pictures, and (n,) confidences."""
    digits, confidences = [np.empty(0, np.intp)], [np.empty(0, np.float32)]
    for start in range(0, len(images), _BATCH):
        inputs = as_inputs(images[start : start + _BATCH])
        hidden, logits = network.hidden_and_logits(inputs)
        digits.append(logits.argmax(axis=1))
        confidences.append(
            calibration.activations(logits).max(axis=1) * calibration.digit_probability(hidden, inputs)
        )
    return np.concatenate(digits), np.concatenate(confidences)


def read(network: Network, detector: Network, inputs: Array) -> Evidence:
    """Return what network and detector make of (n, 784) inputs."""
    logits, scores = [], []
    for start in range(0, len(inputs), _BATCH):
        block = inputs[start : start + _BATCH]
        hidden, z = network.hidden_and_logits(block)
        logits.append(z)
        scores.append(digit_score(detector, hidden, block))
    return Evidence(np.concatenate(logits), np.concatenate(scores))


def _distorted(digits: Dataset, rng: np.random.Generator) -> Array:
    out = np.empty((len(digits), PIXELS), np.float32)
    Augmenter(digits.images, DISTORTION, digits.labels).batch(np.arange(len(digits)), rng, out)
    return out


def _non_digits(data: Split, rng: np.random.Generator) -> Bytes:
    n = min(MOST_NON_DIGITS, max(LEAST_NON_DIGITS, len(data.training)))
    return non_digits(data.validation, n, rng)


def fit_temperature(logits: Array, labels: Labels) -> float:
    """Return the temperature under which the true labels are likeliest, 0.05 to 20.

    The likelihood has one hump along the logarithm of the temperature, so narrowing an interval by the golden section
    finds it.
    """
    low, high = np.log(0.05), np.log(20.0)
    golden = (np.sqrt(5.0) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _surprise(logits, labels, np.exp(left)) < _surprise(logits, labels, np.exp(right)):
            high = right
        else:
            low = left
    return round(float(np.exp((low + high) / 2)), 6)


def _surprise(logits: Array, labels: Labels, temperature: float) -> float:
    """The mean negative logarithm of the probability given to the true label."""
    z = logits.astype(np.float64) / temperature
    z -= z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels]).mean())


def fit_odds(digits: Array, none: Array) -> tuple[float, float]:
    """Return slope and offset of the logistic regression from score to the odds that there is a digit.

    Newton's method on two numbers; the pictures weigh so that ``NON_DIGITS`` of them are none. A little of a pull
    towards slope 1 and offset 0 keeps both finite where the scores part the two perfectly.

    Args:
        digits: (n,) scores of digits.
        none: (m,) scores of pictures that are none.
    """
    x = np.concatenate([digits, none]).astype(np.float64)
    y = np.concatenate([np.ones(len(digits)), np.zeros(len(none))])
    weight = np.where(y > 0, (1 - NON_DIGITS) / len(digits), NON_DIGITS / len(none))
    features = np.stack([x, np.ones_like(x)], axis=1)
    start = np.array([1.0, 0.0])
    theta, pull = start.copy(), 1e-4
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(features @ theta, -500, 500)))
        gradient = features.T @ (weight * (p - y)) + pull * (theta - start)
        curvature = (features * (weight * p * (1 - p))[:, None]).T @ features + pull * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        theta -= step * min(1.0, 1 / max(1e-12, np.abs(step).max()))
    return round(max(float(theta[0]), 1e-3), 6), round(float(theta[1]), 6)
