"""Digits in fog, grain, blur and under stains."""

import numpy as np
import pytest

from model.dataset import Dataset
from model.errors import DataError
from model.sources import mnist
from model.synthetic.papers import likeness
from model.synthetic.weathered import weathered, weathered_digits

SIDE = 28


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """MNIST's first 300 training digits."""
    return mnist("train").take(slice(0, 300))


def test_pictures_are_small_and_differ_in_light_and_polarity(digits: Dataset) -> None:
    """Of one size at a time, some with light and some with dark ink; no two are alike."""
    rng = np.random.default_rng(1)
    sides, light = set(), []
    for _ in range(30):
        pictures = weathered(digits.images[:20], rng)
        assert pictures.dtype == np.uint8
        assert pictures.shape[1] == pictures.shape[2]
        sides.add(pictures.shape[1])
        assert len({picture.tobytes() for picture in pictures}) == 20
        middle, edge = pictures[:, 10:18, 10:18].mean(axis=(1, 2)), pictures[:, :3].mean(axis=(1, 2))
        light += (middle > edge).tolist()
    assert sides == {28, 40, 64}
    assert 0.3 < np.mean(light) < 0.7


def test_digits_are_changed_and_still_like_what_was_written(digits: Dataset) -> None:
    """Every one is like some digit of its label, and none came through as it was."""
    made = weathered_digits(digits, 60, np.random.default_rng(2))
    before = {image.tobytes() for image in digits.images}
    for image, label in zip(made.images, made.labels, strict=True):
        assert image.tobytes() not in before
        same = digits.images[digits.labels == label].reshape(-1, SIDE, SIDE)
        assert max(likeness(image.reshape(SIDE, SIDE), one) for one in same) >= 0.5


def test_they_lie_in_the_middle_as_all_that_is_normalised(digits: Dataset) -> None:
    """By their centre of mass, but for the most uneven few."""
    ink = weathered_digits(digits, 60, np.random.default_rng(3)).images.reshape(-1, SIDE, SIDE).astype(float)
    rows, columns = np.indices((SIDE, SIDE))
    centres = [(ink * places).sum(axis=(1, 2)) / ink.sum(axis=(1, 2)) for places in (rows, columns)]
    assert np.mean(np.abs(np.array(centres) - SIDE / 2).max(axis=0) < 1) > 0.9


def test_equal_seeds_give_equal_digits(digits: Dataset) -> None:
    """Bit for bit."""
    first, second = (weathered_digits(digits, 20, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.labels, second.labels)


def test_pictures_without_ink_are_refused() -> None:
    """Nothing could be found again in them; none at all is none."""
    empty = Dataset(np.zeros((3, SIDE * SIDE), np.uint8), np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="got none"):
        weathered_digits(empty, 5, np.random.default_rng(5))
