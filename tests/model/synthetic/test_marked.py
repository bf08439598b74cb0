"""Digits with a mark over them, and hollow ones."""

import numpy as np
import pytest

from model.dataset import Dataset
from model.sources import mnist
from model.synthetic.marked import marked_digits

SIDE = 28


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """MNIST's first 500 training digits."""
    return mnist("train").take(slice(0, 500))


def one_picture(image: np.ndarray, label: int) -> Dataset:
    """A data set of one picture."""
    return Dataset(image.astype(np.uint8).reshape(1, SIDE * SIDE), np.array([label], np.uint8))


def test_marked_digits_are_normalised_as_mnist_is(digits: Dataset) -> None:
    """Whatever lies over them, they fill the box of 20 pixels, ink of full strength on empty paper."""
    marked = marked_digits(digits, 200, np.random.default_rng(1))
    ink = marked.images.reshape(-1, SIDE, SIDE) > 0
    longest = np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1))
    assert np.mean((longest >= 19) & (longest <= 21)) > 0.95
    assert (marked.images.max(axis=1) > 200).all()


def test_they_keep_their_digit_and_differ_from_all_that_they_are_made_of(digits: Dataset) -> None:
    """A mark is a change: none comes out as it was."""
    marked = marked_digits(digits, 200, np.random.default_rng(1))
    assert set(marked.labels.tolist()) == set(range(10))
    before = {image.tobytes() for image in digits.images}
    assert not any(image.tobytes() in before for image in marked.images)


def test_some_are_hollow() -> None:
    """Of three marked blocks of ink about one has nothing in its middle."""
    block = np.zeros((SIDE, SIDE))
    block[8:20, 8:20] = 255
    marked = marked_digits(one_picture(block, 8), 300, np.random.default_rng(1))
    hollow = marked.images.reshape(-1, SIDE, SIDE)[:, 12:16, 12:16].max(axis=(1, 2)) == 0
    assert 0.2 < hollow.mean() < 0.4


def test_a_one_is_not_made_a_plus() -> None:
    """Lines over a 1 are zigzags, wider than the straight ones that other digits get as well."""
    least = {}
    for label in (1, 2):
        marked = marked_digits(one_picture(np.zeros((SIDE, SIDE)), label), 300, np.random.default_rng(1))
        lines = [image.reshape(SIDE, SIDE) for image in marked.images if image.any()]
        assert len(lines) > 100
        least[label] = min(spread_across(line) for line in lines)
    assert least[1] > 2 * least[2]


def spread_across(line: np.ndarray) -> float:
    """The variance of ink across the direction in which it is longest, square pixels."""
    covariance = np.cov(np.argwhere(line > 128).T)
    return float(np.linalg.eigvalsh(covariance)[0])


def test_equal_seeds_make_equal_digits(digits: Dataset) -> None:
    """A training with marked digits can be repeated to the bit."""
    first, again, other = (marked_digits(digits, 30, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.digest == again.digest
    assert first.digest != other.digest
