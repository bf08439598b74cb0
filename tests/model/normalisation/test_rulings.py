"""Printed lines."""

import numpy as np
import pytest

from model.normalisation.planes import Mask
from model.normalisation.rulings import without_rulings
from tests.model.normalisation.drawing import overlap, seven, stroke


def lined(every: int, thick: int = 2, tilt: float = 0.0, *, squared: bool = False) -> Mask:
    """Lines of paper, 100 by 100."""
    y, x = np.mgrid[0:100, 0:100]
    lines: Mask = (y + tilt * x) % every < thick
    if squared:
        lines |= (x - tilt * y) % every < thick
    return lines


@pytest.mark.parametrize("tilt", [0.0, 0.02])
@pytest.mark.parametrize("squared", [False, True])
def test_lines_go_and_the_digit_stays(tilt: float, squared: bool) -> None:
    """What is left of a 7 on ruled or squared paper is very nearly the 7."""
    ink = seven()
    left = without_rulings(ink | lined(31, tilt=tilt, squared=squared))
    assert overlap(left, ink) > 0.85


def test_a_digit_without_lines_is_untouched() -> None:
    """A 7, and one cropped so that its bar runs from side to side."""
    ink = seven()
    np.testing.assert_array_equal(without_rulings(ink), ink)
    cropped = ink[12:92, 22:80]
    np.testing.assert_array_equal(without_rulings(cropped), cropped)


def test_an_upright_stroke_alone_is_a_1() -> None:
    """It spans the picture like a printed line, but it is all there is."""
    one = stroke(((0.5, 0.0), (0.5, 1.0)), 40, 100, 6) > 127
    np.testing.assert_array_equal(without_rulings(one), one)


@pytest.mark.parametrize("squared", [False, True])
def test_nothing_is_left_of_empty_ruled_paper(squared: bool) -> None:
    """Lines side by side, or one lying alone, are no digit."""
    assert not without_rulings(lined(31, squared=squared)).any()
    assert not without_rulings(lined(101)).any()


def test_a_frame_inside_the_picture_goes() -> None:
    """Four lines around the digit that end before the border."""
    ink = seven()
    framed = ink.copy()
    framed[5:8, 5:95] = framed[92:95, 5:95] = framed[5:95, 5:8] = framed[5:95, 92:95] = True
    assert overlap(without_rulings(framed), ink) > 0.95
