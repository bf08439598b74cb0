"""How the detector learns."""

import numpy as np
import pytest

from model.dataset import Dataset, Split
from model.detector import detector_sizes, digit_score
from model.network import Network, as_inputs
from model.novelty.learning import fit_detector
from model.novelty.nondigits import non_digits
from model.training import Trained


@pytest.fixture(scope="module")
def detector(small_trained: Trained, small_split: Split) -> Network:
    """A detector that has seen 1,200 digits a few times."""
    return fit_detector(small_trained.network, small_split.training, seed=1, passes=6)


def scores(
    network: Network, detector: Network, images: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]"
) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """What the detector says of pictures."""
    inputs = as_inputs(images)
    return digit_score(detector, network.hidden_and_logits(inputs)[0], inputs)


def test_it_tells_digits_from_what_is_none(
    small_trained: Trained, small_split: Split, detector: Network
) -> None:
    """Of digits and no-digits that it has not seen, a digit scores higher four times in five, after so little learning."""
    network, digits = small_trained.network, small_split.validation
    others = non_digits(digits, 200, np.random.default_rng(99))
    good, bad = scores(network, detector, digits.images), scores(network, detector, others)
    assert (good[:, None] > bad[None, :]).mean() > 0.8


def test_equal_seeds_give_equal_bytes(small_trained: Trained, small_split: Split) -> None:
    """The same digits, network and seed: the same weights; another seed, others."""
    some = small_split.training.take(slice(0, 200))
    first, second, third = (fit_detector(small_trained.network, some, seed).layers for seed in (1, 1, 2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.weight, b.weight)
        np.testing.assert_array_equal(a.bias, b.bias)
    assert (first[0].weight != third[0].weight).any()


def test_a_network_without_hidden_layers_has_a_detector_too(mnist: Dataset) -> None:
    """Its last hidden layer is the pixels themselves."""
    network = Network.create((), "relu", np.random.default_rng(0))
    assert detector_sizes(network) == (2 * 784, 128, 2)
    assert fit_detector(network, mnist.take(slice(0, 60)), seed=1).sizes == (2 * 784, 128, 2)
