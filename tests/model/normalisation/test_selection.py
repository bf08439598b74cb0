"""Which shapes are the digit."""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.components import label
from model.normalisation.planes import Mask, Plane
from model.normalisation.selection import Selection, select
from tests.model.normalisation.drawing import overlap, seven, stroke


def chosen(mask: Mask) -> tuple[Mask, Selection]:
    """The mask of what is chosen, all ink being equally strong."""
    found = label(mask)
    selection = select(found, full(mask))
    return found.mask(selection.chosen), selection


def full(mask: Mask) -> Plane:
    """The mask as ink of full strength."""
    ink: NDArray[np.uint8] = mask.astype(np.uint8) * np.uint8(255)
    return ink


def beside(*masks: Mask) -> Mask:
    """The masks in a row."""
    return np.hstack(masks)


def test_specks_are_left_out() -> None:
    """Dots of dirt, near and far, are no part of the digit."""
    ink = seven()
    dirty = ink.copy()
    for y, x in ((5, 5), (90, 90), (50, 20), (12, 60), (60, 70), (95, 10)):
        dirty[y : y + 3, x : x + 3] = True
    left, selection = chosen(dirty)
    assert overlap(left, ink) > 0.99
    assert selection.count == 1


def test_a_separate_hat_belongs_to_its_5() -> None:
    """A piece near the main stroke and not small is part of the digit, which is still one."""
    ink = np.zeros((100, 100), bool)
    ink[30:80, 30:38] = ink[30:38, 30:60] = ink[72:80, 30:60] = True
    ink[18:25, 38:70] = True
    left, selection = chosen(ink)
    np.testing.assert_array_equal(left, ink)
    assert selection.count == 1
    assert selection.box == (30, 18, 70, 80)


def test_the_pieces_of_a_dashed_line_are_one_digit() -> None:
    """Each piece is near the next."""
    one = np.zeros((100, 60), bool)
    for y in range(10, 90, 12):
        one[y : y + 8, 27:33] = True
    left, selection = chosen(one)
    np.testing.assert_array_equal(left, one)
    assert selection.count == 1


def test_a_neighbour_peeping_in_is_left_out() -> None:
    """A piece cut off by the border does not count when the digit keeps clear of that border."""
    ink = beside(seven(), np.zeros((100, 20), bool))
    neighbour = np.zeros_like(ink)
    neighbour[20:80, 110:] = True
    left, selection = chosen(ink | neighbour)
    np.testing.assert_array_equal(left, ink)
    assert selection.count == 1


def test_digits_side_by_side_are_counted() -> None:
    """Two and three digits of one size; the answer is about one of them."""
    left, selection = chosen(beside(seven(), seven()))
    assert selection.count == 2
    assert np.count_nonzero(left) == np.count_nonzero(seven())
    assert chosen(beside(seven(), seven(), seven()))[1].count == 3


def test_a_digit_cut_by_the_border_is_still_chosen() -> None:
    """When there is nothing else, the border is no reason to leave it out."""
    ink = seven()[:, 30:]
    np.testing.assert_array_equal(chosen(ink)[0], ink)


def test_the_middle_is_preferred() -> None:
    """Of two equal shapes far apart the central one is the digit."""
    ink = stroke(((0.5, 0.3), (0.5, 0.7)), 300, 100, 6) > 127
    ink |= stroke(((0.02, 0.3), (0.02, 0.7)), 300, 100, 6) > 127
    _, selection = chosen(ink)
    assert selection.box[0] > 100
