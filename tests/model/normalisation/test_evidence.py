"""Paper, noise and tangles."""

import numpy as np

from model.normalisation.evidence import (
    Shape,
    is_faint,
    is_ground,
    is_line_across,
    is_one_sided,
    is_patch,
    is_tangle,
    measured,
)
from model.normalisation.planes import Mask, dilated, extent
from tests.model.normalisation.drawing import seven


def shape(mask: Mask) -> Shape:
    """The ink of a mask."""
    box = extent(mask)
    assert box is not None
    return measured(mask, box)


def test_a_clear_digit_is_not_blank() -> None:
    """Strong ink with abrupt ends."""
    ink = seven()
    sheet = ink.astype(np.uint8) * np.uint8(200)
    assert not is_faint(contrast=200, clarity=20)
    assert not is_ground(sheet, sheet, ink, shape(ink), clarity=20)


def test_low_contrast_or_clarity_is_blank() -> None:
    """What rises no more than the paper varies is paper."""
    assert is_faint(contrast=4, clarity=20)
    assert is_faint(contrast=100, clarity=3)


def test_what_fades_away_slowly_is_blank() -> None:
    """A shadow has no edge: just outside it is nearly as strong as inside."""
    ink = np.zeros((60, 60), bool)
    ink[20:40, 20:40] = True
    y, x = np.mgrid[0:60, 0:60] - 29.5
    fading = np.clip(200 - 5 * np.maximum(abs(x), abs(y)), 0, 255).astype(np.uint8)
    assert is_ground(fading, fading, ink, shape(ink), clarity=6)


def test_areas_are_no_strokes() -> None:
    """A shadow across a corner, one with a round edge, and a sheet on a desk; a digit that touches the border is none."""
    y, x = np.mgrid[0:60, 0:90]
    assert is_patch(shape(x + y < 50))
    assert is_patch(shape((x - 90) ** 2 + (y - 60) ** 2 < 1600))
    assert is_patch(shape((abs(x - 45 + 0.1 * y) < 25) & (abs(y - 30) < 20)))
    for ink in (seven(), seven()[20:, 20:80], seven(thick=18), seven(28, 28, 3)):
        assert not is_patch(shape(ink))


def test_what_is_left_along_the_edge_of_a_shadow_is_no_stroke() -> None:
    """Behind it the sheet stays as it is there; behind a stroke it falls again, in light as in shadow."""
    x = np.mgrid[0:60, 0:60][1]
    shadow = np.where(x > 30, np.uint8(120), np.uint8(40))
    edge = abs(x - 32) < 2
    assert is_one_sided(shadow, edge, dilated(edge, 7) & ~dilated(edge), 80)
    ink = seven(60, 60, 4)
    sheet = shadow + ink * np.uint8(80)
    assert not is_one_sided(sheet, ink, dilated(ink, 7) & ~dilated(ink), 80)


def test_a_line_from_border_to_border_is_no_stroke() -> None:
    """A ruling or a fold, also where it slants; a 1 ends inside, and a 7 has a corner."""
    y, x = np.mgrid[0:60, 0:90]
    line = abs(y - 30 - 0.2 * (x - 45)) < 1
    assert is_line_across(shape(line))
    assert is_line_across(shape(line.T))
    assert not is_line_across(shape(line & (x > 10) & (x < 80)))
    assert not is_line_across(shape(seven(thick=2)[20:86]))


def test_long_strokes_in_a_small_space_are_a_tangle() -> None:
    """A lattice of many crossings is no digit; a 7 is."""
    lattice = np.zeros((60, 60), bool)
    lattice[::8] = lattice[:, ::8] = True
    assert is_tangle(shape(lattice), share=1, shapes=1)
    assert not is_tangle(shape(seven()), share=1, shapes=1)
    assert is_tangle(shape(seven()), share=0.3, shapes=20)
