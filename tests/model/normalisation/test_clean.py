"""Digits of MNIST's that were only moved, turned or scaled."""

import numpy as np
import pytest
from PIL import Image

from model.normalisation.clean import fitted
from model.normalisation.planes import Plane
from model.sources import load


@pytest.fixture(scope="module")
def digits() -> Plane:
    """A hundred of MNIST's digits."""
    return load("mnist").images[:100].reshape(-1, 28, 28)


def moved(digit: Plane, right: int, down: int) -> Plane:
    """The digit moved by up to 4 pixels; nothing comes in from the other side."""
    return np.pad(digit, 4)[4 - down : 32 - down, 4 - right : 32 - right]


def test_a_moved_digit_comes_back_bit_for_bit(digits: Plane) -> None:
    """Of those moved by 3 pixels all but the ones that lost ink over the border, or have their mass between two pixels."""
    same = 0
    for digit, by in zip(digits, [(3, 3), (-3, 3), (3, 0), (0, -3)] * 25, strict=True):
        seen = fitted(moved(digit, *by))
        same += seen is not None and np.array_equal(seen[0], digit)
    assert same >= 85


@pytest.mark.parametrize("scale", [0.8, 1.2])
def test_a_scaled_digit_fits_its_box_again(digits: Plane, scale: float) -> None:
    """The longer side of the ink is 20 pixels, or one more or less by its soft edge."""
    away = 14 - 14 / scale
    sides = []
    for digit in digits:
        other = Image.fromarray(digit).transform(
            (28, 28), Image.Transform.AFFINE, (1 / scale, 0, away, 0, 1 / scale, away), 2
        )
        seen = fitted(np.asarray(other))
        if seen is not None:
            ink = seen[0] > 64
            sides.append(max(np.count_nonzero(ink.any(axis=0)), np.count_nonzero(ink.any(axis=1))))
    assert len(sides) >= 60
    assert set(sides) <= {19, 20}


def test_noise_blur_and_a_second_digit_are_not_clean(digits: Plane) -> None:
    """Such pictures need more than to be fitted."""
    rng = np.random.default_rng(1)
    digit = digits[0]
    half = np.asarray(Image.fromarray(digit).resize((13, 28)))
    assert fitted(np.maximum(digit, rng.integers(0, 30, (28, 28), dtype=np.uint8))) is None
    assert fitted(digit // 2) is None
    assert fitted(np.hstack([half, np.zeros((28, 2), np.uint8), half])) is None
    assert fitted(np.zeros((28, 28), np.uint8)) is None
