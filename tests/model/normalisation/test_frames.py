"""Bands at the sides."""

import numpy as np

from model.normalisation.frames import inner_box, without_negative_bands
from tests.model.normalisation.drawing import seven

WHOLE = (0, 0, 100, 100)


def test_a_sheet_without_bands_stays_whole() -> None:
    """Ink and margins are no bands, in either polarity."""
    ink = seven()
    assert inner_box(ink) == WHOLE
    assert inner_box(~ink) == WHOLE


def test_bands_at_every_side_are_taken_off() -> None:
    """A scanner's dark edge around white paper, each side of another depth."""
    light = ~seven()
    light[:6] = light[-9:] = light[:, :12] = light[:, -3:] = False
    assert inner_box(light) == (12, 6, 97, 91)


def test_bars_at_two_sides_are_taken_off() -> None:
    """Light bars beside a dark sheet with light ink."""
    light = seven()
    light[:, :20] = light[:, -20:] = True
    assert inner_box(light) == (20, 0, 80, 100)


def test_a_stroke_along_a_margin_is_no_band() -> None:
    """The straight side of a 0 beside its margin, and the bar of a cropped 7, belong to the digit."""
    zero = np.zeros((100, 60), bool)
    zero[5:95, 6:18] = zero[5:95, 42:54] = zero[5:15, 6:54] = zero[85:95, 6:54] = True
    assert inner_box(zero) == (0, 0, 60, 100)
    cropped = np.zeros((100, 60), bool)
    cropped[:14] = cropped[:, 30:46] = True
    assert inner_box(~cropped)[0::2] == (0, 60)


def test_the_bar_of_a_7_that_fills_its_frame_is_no_band() -> None:
    """A stroke goes on from it, whereas a scanner's dark edge keeps clear of the digit."""
    filled = np.zeros((28, 28), bool)
    filled[:4] = filled[:, 20:24] = True
    assert inner_box(filled) == (0, 0, 28, 28)
    assert inner_box(~filled) == (0, 0, 28, 28)


def test_bands_in_negative_become_positive() -> None:
    """Strokes that run into the bands are whole again, also where the bands are not as light as the ink."""
    sheet = np.where(seven(60, 60, 6), np.uint8(220), np.uint8(10))
    for light in (255, 230):
        striped = sheet.copy()
        striped[:, :18], striped[:, -18:] = light - sheet[:, :18], light - sheet[:, -18:]
        for plane, whole in ((striped, sheet), (striped.T, sheet.T)):
            mended = without_negative_bands(plane, plane > 127)
            np.testing.assert_array_equal(mended, whole)


def test_a_frame_is_not_taken_for_bands_in_negative() -> None:
    """Its sides are joined above and below the sheet."""
    framed = np.where(seven(), np.uint8(250), np.uint8(10))
    framed[:8] = framed[-8:] = framed[:, :8] = framed[:, -8:] = 250
    assert without_negative_bands(framed, framed > 127) is framed


def test_pictures_of_a_few_lines_are_left_alone() -> None:
    """There is no middle to compare with."""
    assert inner_box(np.ones((1, 6000), bool)) == (0, 0, 6000, 1)
    assert inner_box(np.eye(3, dtype=bool)) == (0, 0, 3, 3)
