"""Where the digit is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.normalisation.location import located
from model.normalisation.planes import Plane
from tests.model.normalisation.drawing import SEVEN_BOX, on_paper, seven


@pytest.mark.parametrize("side", [30, 100, 400, 1500])
@pytest.mark.parametrize("dark", [True, False])
def test_the_box_is_in_pixels_of_the_picture(side: int, dark: bool) -> None:
    """Whatever the working size was, in either polarity."""
    ink = seven(side, side, thick=max(2, side // 12))
    found = located(on_paper(ink, 230, 20) if dark else on_paper(ink, 20, 230))
    assert found is not None
    assert found.dark == dark
    np.testing.assert_allclose(found.box, np.array(SEVEN_BOX) * side, atol=2 + 0.08 * side)


def test_a_small_digit_is_seen_at_its_full_size() -> None:
    """A digit of 40 pixels in a corner of 1,200 is not judged by the few pixels it has at working size."""
    sheet = np.full((1200, 1200), 235, np.uint8)
    sheet[1100:1160, 30:90][seven(60, 60, thick=5)] = 30
    found = located(sheet)
    assert found is not None
    assert max(found.ink.shape) >= 36
    np.testing.assert_allclose(found.box, (45, 1112, 75, 1151), atol=4)


def test_the_box_allows_for_bands_taken_off() -> None:
    """Coordinates are those of the whole picture, its dark frame included."""
    ink = seven()
    bare = located(on_paper(ink, 230, 20))
    framed = located(np.pad(on_paper(ink, 230, 20), 9, constant_values=10))
    assert bare is not None
    assert framed is not None
    np.testing.assert_allclose(framed.box, np.array(bare.box) + 9, atol=2)


def test_no_ink_at_all_is_nothing() -> None:
    """One level has no digit."""
    assert located(np.full((50, 70), 99, np.uint8)) is None


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("side", [8, 16, 24])
def test_a_tiny_digit_may_fill_its_frame(side: int, dark: bool) -> None:
    """It is found as it is with ground around it, and its box stays within the picture."""
    digit = tight_ring(side)
    picture = ~digit if dark else digit
    found, roomy = located(picture), located(np.pad(picture, 2, mode="constant", constant_values=255 * dark))
    assert found is not None
    assert roomy is not None
    assert (found.dark, found.blank, found.count) == (dark, False, 1)
    assert found.box[0] >= 0
    assert found.box[2] <= side
    np.testing.assert_allclose(found.box, np.array(roomy.box) - 2, atol=1)


def tight_ring(side: int) -> Plane:
    """A ring that touches all four sides, light on black, its edges grey."""
    image = Image.new("L", (8 * side, 8 * side))
    ImageDraw.Draw(image).ellipse((0, 0, 8 * side - 1, 8 * side - 1), outline=255, width=2 * side)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))
