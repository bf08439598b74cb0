"""Distributions of what comes in, and how far two of them lie apart."""

import math

import numpy as np
import pytest

from model.drift import INK_BINS, INK_BOUNDS, ink_bins, population_stability, profile
from model.sources import load_test


def picture(ink: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """784 pixels, so many of them with ink."""
    pixels = np.zeros(784, np.uint8)
    pixels[:ink] = 1
    return pixels


def test_equal_distributions_lie_nowhere_apart() -> None:
    """Also as counts of another size."""
    assert population_stability([0.25, 0.75], [10, 30]) == pytest.approx(0)


def test_the_index_by_hand() -> None:
    """The difference of the shares times the logarithm of their ratio, added up."""
    expected = (0.2 - 0.5) * math.log(0.2 / 0.5) + (0.8 - 0.5) * math.log(0.8 / 0.5)
    assert population_stability([0.5, 0.5], [2, 8]) == pytest.approx(expected)


def test_a_bin_that_stays_empty_counts_without_being_infinite() -> None:
    """A digit that never comes any more is a different population, and a number."""
    assert 0.25 < population_stability([0.5, 0.5], [0, 10]) < 100


def test_a_picture_falls_in_the_bin_of_its_ink() -> None:
    """From no ink in the first bin to all ink in the last; one pixel more takes it over a bound."""
    assert ink_bins(picture(0)[None])[0] == 0
    assert ink_bins(picture(784)[None])[0] == len(INK_BINS) - 1
    assert INK_BOUNDS[0] == 0.12
    assert ink_bins(picture(94)[None])[0] == 0
    assert ink_bins(picture(95)[None])[0] == 1
    assert ink_bins(picture(784).astype(np.float32)[None])[0] == len(INK_BINS) - 1


def test_a_profile_counts_as_single_pictures_do() -> None:
    """What a manifest keeps and what a service counts are the same bins."""
    test = load_test().take(slice(0, 500))
    found = profile(test.images, test.labels)
    counts = np.bincount([ink_bins(image[None])[0] for image in test.images], minlength=len(INK_BINS))
    assert found["ink"] == [round(count / 500, 6) for count in counts.tolist()]
    assert found["digit"] == [round(np.count_nonzero(test.labels == digit) / 500, 6) for digit in range(10)]


def test_mnist_fills_every_bin() -> None:
    """The bounds were set so that about a tenth of the digits falls in each."""
    test = load_test()
    assert min(profile(test.images, test.labels)["ink"]) > 0.05
