"""Where the digit is."""

import numpy as np
import pytest
from PIL import Image

from model.form import SIDE
from model.normalisation.location import located
from model.normalisation.planes import Plane, extent
from model.sources import mnist
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
@pytest.mark.parametrize("side", [8, 12])
def test_tiny_digits_may_fill_their_frame(side: int, dark: bool) -> None:
    """None is taken for an empty sheet, and no box leaves the picture."""
    for digit in mnist("train").take(slice(0, 200)).images.reshape(-1, SIDE, SIDE):
        tight = tightly(digit, side)
        found = located(~tight if dark else tight)
        assert found is not None
        assert not found.blank
        x0, y0, x1, y1 = found.box
        assert 0 <= x0 < x1 <= tight.shape[1]
        assert 0 <= y0 < y1 <= tight.shape[0]


def tightly(digit: Plane, side: int) -> Plane:
    """The digit alone, its longer side of so many pixels."""
    x0, y0, x1, y1 = extent(digit > 100) or (0, 0, SIDE, SIDE)
    scale = side / max(x1 - x0, y1 - y0)
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    return np.asarray(Image.fromarray(digit[y0:y1, x0:x1]).resize(size, Image.Resampling.BOX))
