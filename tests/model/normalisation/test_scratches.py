"""Thin marks."""

import numpy as np

from model.normalisation.scratches import without_scratches
from tests.model.normalisation.drawing import overlap, seven, stroke


def test_a_thin_line_across_the_digit_goes_up_to_it() -> None:
    """What stays of a scratch is within the digit."""
    ink = seven(thick=10)
    scratch = stroke(((0.0, 0.7), (1.0, 0.35)), 100, 100, 2) > 127
    left = without_scratches(ink | scratch)
    assert overlap(left, ink) > 0.95
    assert not left[:, 0].any()


def test_a_fine_digit_stays() -> None:
    """Strokes that are all thin are no scratches, even at the border."""
    ink = seven(thick=2)[20:, :]
    np.testing.assert_array_equal(without_scratches(ink), ink)


def test_a_digit_at_the_border_stays() -> None:
    """A thick stroke that runs off the sheet is the digit's own."""
    ink = seven(thick=10)[:80]
    assert ink[-1].any()
    np.testing.assert_array_equal(without_scratches(ink), ink)
