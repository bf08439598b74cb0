"""The width of strokes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw, ImageFilter

from model.normalisation.planes import Mask, Plane
from model.normalisation.strokes import stroke_width, with_stroke_width
from tests.model.normalisation.drawing import stroke


def ring(width: int) -> Plane:
    """A circle drawn with a line of this width: it runs in every direction and has no ends."""
    image = Image.new("L", (120, 120))
    ImageDraw.Draw(image).ellipse((20, 20, 100, 100), outline=255, width=width)
    return np.array(image)


@pytest.mark.parametrize("width", [2, 4, 8, 14])
def test_the_width_of_a_line_is_measured(width: int) -> None:
    """Within a tenth of what it was drawn with."""
    assert stroke_width(ring(width) > 127) == pytest.approx(width, rel=0.1)


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_the_width_is_twice_the_area_over_the_outline(mask: Mask) -> None:
    """Every step between ink and what is not counts once, for any mask; the border is no step."""
    down, across = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    steps = np.count_nonzero(down) + np.count_nonzero(across)
    assert stroke_width(mask) == 2 * np.count_nonzero(mask) / max(steps * np.pi / 4, 1)


@pytest.mark.parametrize(("width", "expected"), [(2, 6), (4, 6), (8, 8), (11, 9)])
def test_widths_are_brought_into_the_range(width: int, expected: int) -> None:
    """Thin lines become as thick as the thinnest allowed, thick ones as thin as the thickest; others stay."""
    drawn = with_stroke_width(ring(width).astype(np.float32), 6, 9) > 127
    assert stroke_width(drawn) == pytest.approx(expected, rel=0.15)


def test_a_small_break_heals() -> None:
    """A gap of less than the stroke's width is bridged when the stroke is thickened."""
    line = stroke(((0.1, 0.5), (0.9, 0.5)), 100, 100, 2)
    line[:, 49:52] = 0
    drawn = with_stroke_width(line.astype(np.float32), 7, 9) > 127
    assert drawn[50, 20:80].all()


def test_nothing_stays_nothing() -> None:
    """An empty plane has no strokes to widen."""
    empty = np.zeros((30, 30), np.float32)
    assert stroke_width(empty > 0) == 0
    assert not with_stroke_width(empty, 5, 8).any()


def test_strokes_of_a_good_width_keep_their_greys() -> None:
    """Bit for bit: whatever is done to them tells the network less."""
    line = ring(8).astype(np.float32) * np.float32(0.8)
    assert with_stroke_width(line, 6, 9) is line


def test_blurred_strokes_are_not_thinned() -> None:
    """They are as wide as sharp ones that are, but only seem so."""
    sharp = ring(12).astype(np.float32)
    blurred = np.asarray(Image.fromarray(ring(4)).filter(ImageFilter.GaussianBlur(6)), np.float32)
    blurred *= 255 / blurred.max()
    assert stroke_width(blurred > 127) > 9
    assert with_stroke_width(blurred, 6, 9) is blurred
    assert with_stroke_width(sharp, 6, 9) is not sharp
