"""Digits on synthetic paper, found again by the normaliser."""

import numpy as np
import pytest

from model.dataset import Dataset
from model.errors import DataError
from model.pixels import normalise
from model.sources import mnist
from model.synthetic.papers import likeness, paper_digits, photograph

SIDE = 28


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """MNIST's first 300 training digits."""
    return mnist("train").take(slice(0, 300))


def test_photographs_differ_in_size_light_and_polarity(digits: Dataset) -> None:
    """The same digit gives pictures small and large, bright and dark, and no two alike."""
    rng = np.random.default_rng(1)
    pictures = [photograph(digits.images[0].reshape(SIDE, SIDE) / np.float32(255), rng) for _ in range(60)]
    sides = [max(picture.shape) for picture in pictures]
    assert min(sides) < 40
    assert max(sides) > 150
    corners = np.array([picture[0, 0] for picture in pictures])
    assert 0.1 < np.mean(corners < 100) < 0.6
    assert all(picture.dtype == np.uint8 and picture.ndim == 2 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 60


def test_the_normaliser_finds_most_digits_on_their_paper(digits: Dataset) -> None:
    """Pictures are difficult, not hopeless: three in four digits are found again as they were written."""
    rng = np.random.default_rng(2)
    written = [image.reshape(SIDE, SIDE) / np.float32(255) for image in digits.images[:80]]
    found = [likeness(normalise(photograph(digit, rng)).pixels, digit) for digit in written]
    assert np.mean(np.array(found) > 0.65) > 0.75


def test_likeness_ignores_size_and_place(digits: Dataset) -> None:
    """A digit is like itself made smaller and moved, and unlike another digit or nothing."""
    digit = digits.images[0].reshape(SIDE, SIDE)  # a five
    smaller = np.zeros_like(digit)
    smaller[2:16, 1:15] = digit[::2, ::2]
    assert likeness(smaller, digit / np.float32(255)) > 0.8
    zero = digits.images[np.flatnonzero(digits.labels == 0)[0]].reshape(SIDE, SIDE)
    assert likeness(zero, digit / np.float32(255)) < 0.65
    assert likeness(np.zeros_like(digit), digit / np.float32(255)) == 0.0


def test_likeness_bears_grains_around_a_digit(digits: Dataset) -> None:
    """They lie outside any box, and cost little; noise alone is like nothing."""
    digit = digits.images[0].reshape(SIDE, SIDE)
    grains = 90 * np.random.default_rng(4).random((SIDE, SIDE))
    assert likeness(np.maximum(digit, grains).astype(np.uint8), digit / np.float32(255)) > 0.85
    assert likeness(grains.astype(np.uint8), digit / np.float32(255)) < 0.4


def test_paper_digits_carry_the_label_of_the_digit_written(digits: Dataset) -> None:
    """A digit from paper is more like some digit of its own label than like the average of another."""
    made = paper_digits(digits, 60, np.random.default_rng(3))
    assert len(made) == 60
    means = np.stack([digits.images[digits.labels == k].mean(axis=0) for k in range(10)])
    centred = (made.images - made.images.mean(axis=1, keepdims=True)) @ (
        means - means.mean(axis=1, keepdims=True)
    ).T
    score = centred / np.linalg.norm(means - means.mean(axis=1, keepdims=True), axis=1)
    assert np.mean(score.argmax(axis=1) == made.labels) > 0.5


def test_equal_seeds_make_equal_papers(digits: Dataset) -> None:
    """A training on paper digits can be repeated to the bit."""
    first, again = (paper_digits(digits, 20, np.random.default_rng(4)) for _ in range(2))
    assert first.digest == again.digest


def test_pictures_without_ink_are_refused() -> None:
    """There is nothing to write on paper; the trainer hears of it instead of waiting for ever."""
    with pytest.raises(DataError, match="with ink"):
        paper_digits(
            Dataset(np.zeros((3, SIDE * SIDE), np.uint8), np.zeros(3, np.uint8)), 5, np.random.default_rng(1)
        )
