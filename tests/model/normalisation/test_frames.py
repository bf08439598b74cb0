"""Bands at the sides."""

import numpy as np

from model.normalisation.frames import inner_box
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


def test_pictures_of_a_few_lines_are_left_alone() -> None:
    """There is no middle to compare with."""
    assert inner_box(np.ones((1, 6000), bool)) == (0, 0, 6000, 1)
    assert inner_box(np.eye(3, dtype=bool)) == (0, 0, 3, 3)
