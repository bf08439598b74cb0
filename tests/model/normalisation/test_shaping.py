"""From ink to 28x28."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.normalisation.planes import Plane
from model.normalisation.shaping import shaped, unstretched
from tests.model.normalisation.drawing import seven, stroke


@pytest.mark.parametrize(("width", "height"), [(20, 30), (200, 90), (60, 400), (500, 500)])
def test_the_digit_fits_20_by_20_with_its_mass_in_the_middle(width: int, height: int) -> None:
    """The longer side is 20 pixels and the centre of mass within half a pixel of (14, 14)."""
    ink = seven(width, height, thick=max(2, min(width, height) // 10)).astype(np.uint8) * np.uint8(255)
    pixels = shaped(ink).astype(float)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in {19, 20}
    assert abs(pixels.sum(axis=1) @ np.arange(28) / pixels.sum() - 14) <= 0.5
    assert abs(pixels.sum(axis=0) @ np.arange(28) / pixels.sum() - 14) <= 0.5
    assert pixels.max() == 255


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_ink_gives_a_picture(ink: Plane) -> None:
    """Noise, dots and lines: nothing fails, and the margin that all MNIST digits have is there or nothing is."""
    pixels = shaped(ink)
    assert pixels.shape == (28, 28)
    assert pixels.dtype == np.uint8


def test_a_stretched_1_is_made_narrow() -> None:
    """A stroke as wide as half of the picture it fills was stretched; a 7 that fills its picture was not."""
    wide = np.full((32, 32), 255, np.uint8)
    wide[:6, 20:] = wide[26:, :10] = 0
    assert unstretched(wide).shape[1] < 12
    slanting = np.tri(32, 32, 12, bool) & ~np.tri(32, 32, -20, bool)
    assert unstretched(slanting.astype(np.uint8) * np.uint8(255)).shape[1] < 12
    filled = stroke(((0.0, 0.1), (0.9, 0.1), (0.4, 1.0)), 32, 32, 7)
    assert unstretched(filled) is filled


def test_a_fat_0_is_no_stretched_1() -> None:
    """Its hole parts the rows in the middle."""
    zero = np.full((32, 32), 255, np.uint8)
    zero[12:20, 13:18] = 0
    assert unstretched(zero) is zero
