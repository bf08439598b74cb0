"""Digits made rather than collected."""

import numpy as np
import pytest

from model.dataset import Dataset
from model.normalisation.clean import mnist_box
from model.sources import mnist
from model.synthetic import synthetic_digits
from model.synthetic.drawn import drawn_digits
from model.synthetic.restyled import restyled_digits
from model.synthetic.templates import TEMPLATES

SIDE = 28


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """MNIST's first 3,000 training digits."""
    return mnist("train").take(slice(0, 3000))


def test_every_digit_has_templates_inside_the_unit_square() -> None:
    """All ten digits can be drawn, and no template leaves its square."""
    assert {template.digit for template in TEMPLATES} == set(range(10))
    points = np.array(
        [point for template in TEMPLATES for stroke in template.strokes for point in stroke.points]
    )
    assert points.min() >= 0.0
    assert points.max() <= 1.0


def test_drawn_digits_are_as_many_of_each_and_differ() -> None:
    """Digits are drawn in equal numbers, and no two alike."""
    drawn = drawn_digits(500, np.random.default_rng(1))
    assert np.bincount(drawn.labels).tolist() == [50] * 10
    assert len(np.unique(drawn.images, axis=0)) == 500


def test_drawn_digits_are_normalised_as_mnist_is() -> None:
    """They pass for MNIST's own: 19 or 20 pixels long, centred by mass, ink of full strength on empty paper."""
    drawn = drawn_digits(500, np.random.default_rng(1))
    assert np.mean([mnist_box(image.reshape(SIDE, SIDE)) is not None for image in drawn.images]) > 0.9
    ink = drawn.images.reshape(-1, SIDE, SIDE) > 0
    longest = np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1))
    assert longest.min() >= 19
    assert longest.max() <= 21


def test_drawn_digits_have_the_mass_of_real_ones(digits: Dataset) -> None:
    """From hair lines to markers, the range of ink covers that of MNIST's digits."""
    drawn, real = (
        np.percentile(d.images.mean(axis=1), [10, 90])
        for d in (drawn_digits(500, np.random.default_rng(1)), digits)
    )
    assert drawn[0] < real[0] * 1.2
    assert drawn[1] > real[1] * 0.8


def test_restyled_digits_keep_their_digit_and_gain_a_stroke(digits: Dataset) -> None:
    """Only ones, sevens and nines are restyled; nearly all have more ink than any original can account for."""
    restyled = restyled_digits(digits, 200, np.random.default_rng(1))
    assert set(restyled.labels.tolist()) == {1, 7, 9}
    for digit in (1, 7, 9):
        before, after = (d.images[d.labels == digit].mean() for d in (digits, restyled))
        assert after > before * 1.05


def test_ones_become_wider_by_flag_and_base(digits: Dataset) -> None:
    """A flagged 1 with a base is wider than the bare bars of MNIST."""
    restyled = restyled_digits(digits, 200, np.random.default_rng(1))
    widths = [
        np.median((d.images[d.labels == 1].reshape(-1, SIDE, SIDE).max(axis=1) > 128).sum(axis=1))
        for d in (digits, restyled)
    ]
    assert widths[1] >= widths[0] + 3


def test_equal_seeds_make_equal_digits(digits: Dataset) -> None:
    """A training with synthetic digits can be repeated to the bit."""
    first, again, other = (synthetic_digits(digits, 140, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.digest == again.digest
    assert first.digest != other.digest
    assert len(first) == 140


def test_data_without_ones_gets_drawn_digits_instead() -> None:
    """However few digits there are to restyle, as many are made as were asked for."""
    zeros = Dataset(np.zeros((5, SIDE * SIDE), np.uint8), np.zeros(5, np.uint8))
    assert len(synthetic_digits(zeros, 70, np.random.default_rng(1))) == 70
