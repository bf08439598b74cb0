"""Small pictures that a program enlarged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from model.normalisation.enlarged import before_enlarging
from model.pixels import normalise
from tests.model.normalisation.drawing import seven

SMOOTH = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
EIGHT = np.array(
    [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ],
    np.uint8,
) * np.uint8(15)  # a ring in counts of ink


def enlarged(plane: "np.ndarray", side: int, how: Image.Resampling) -> "np.ndarray":
    """The plane, made ``side`` pixels wide and high."""
    return np.asarray(Image.fromarray(plane).resize((side, side), how))


@given(hnp.arrays(np.uint8, (8, 8), unique=True), st.integers(16, 112))
def test_one_pixel_of_each_block_is_what_there_was(small: "np.ndarray", side: int) -> None:
    """Whatever the factor, whole or not, the pixels come back as they were."""
    found, blocks = before_enlarging(enlarged(small, side, Image.Resampling.NEAREST))
    np.testing.assert_array_equal(found, small)
    assert blocks == side / 8


@pytest.mark.parametrize("how", SMOOTH)
@pytest.mark.parametrize("side", [32, 64, 100])
def test_what_is_soft_needs_few_pixels(side: int, how: Image.Resampling) -> None:
    """Enlarging what is found gives the picture back, nearly."""
    soft = enlarged(EIGHT, side, how)
    found, blocks = before_enlarging(soft)
    assert found.shape == (16, 16)
    assert blocks == side / 16
    again = enlarged(found, side, Image.Resampling.BICUBIC)
    assert np.abs(again.astype(int) - soft).max() < 0.25 * soft.max()


@pytest.mark.parametrize("side", [28, 60, 100])
def test_a_sharp_drawing_is_left_alone(side: int) -> None:
    """Strokes with edges need every pixel."""
    drawing = seven(side).astype(np.uint8) * np.uint8(255)
    found, blocks = before_enlarging(drawing)
    assert found is drawing
    assert blocks == 1


def test_a_slope_of_light_is_not_taken_for_an_enlarged_picture() -> None:
    """It is soft too, but no part of it is flat."""
    across, down = np.arange(64, dtype=np.uint8), np.arange(64, dtype=np.uint8) * np.uint8(2)
    slope = down[:, None] + across
    found, blocks = before_enlarging(slope)
    assert found is slope
    assert blocks == 1


def test_rows_that_repeat_unevenly_are_a_drawing() -> None:
    """The stem of a 1 repeats its rows too; its ends do not."""
    stem = np.zeros((40, 40), np.uint8)
    stem[5:35, 18:23] = 255
    found, blocks = before_enlarging(stem)
    assert found is stem
    assert blocks == 1


@pytest.mark.parametrize("how", [Image.Resampling.NEAREST, *SMOOTH])
@pytest.mark.parametrize("side", [32, 64, 160, 640])
def test_a_ring_is_found_whole_however_it_was_enlarged(side: int, how: Image.Resampling) -> None:
    """The same digit, and its box in pixels of the picture."""
    plain, large = normalise(EIGHT), normalise(enlarged(EIGHT, side, how))
    assert not large.blank
    assert large.components == 1
    assert not large.inverted
    both = np.corrcoef(plain.pixels.ravel().astype(float), large.pixels.ravel().astype(float))
    assert both[0, 1] > 0.85  # what was enlarged softly stays softer
    block = side / 8
    assert large.box[0] == pytest.approx(plain.box[0] * block, abs=1.1 * block)
    assert large.box[3] == pytest.approx(plain.box[3] * block, abs=1.1 * block)
