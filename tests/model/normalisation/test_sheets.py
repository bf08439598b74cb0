"""A sheet on a desk."""

import numpy as np
import pytest
from PIL import Image

from model.normalisation.levels import counted
from model.normalisation.planes import Plane
from model.normalisation.sheets import sheet_on_desk
from model.pixels import normalise
from tests.model.normalisation.drawing import on_paper, overlap, seven

PAPER, INK, DESK = 225, 50, 110


def photo(turn: float, sheet: int = 200, side: int = 280, *, inked: bool = True) -> Plane:
    """A 7 on a sheet, turned by so many degrees, on a desk with a grain."""
    rng = np.random.default_rng(1)
    paper = Image.fromarray(on_paper(seven(sheet, sheet, 14) & inked, PAPER, INK))
    where = Image.new("L", paper.size, 255).rotate(turn, Image.Resampling.BICUBIC, expand=True)
    desk = Image.fromarray((DESK + 8 * rng.normal(size=(side, side))).astype(np.uint8))
    turned = paper.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    desk.paste(turned, ((side - turned.width) // 2, (side - turned.height) // 2), where)
    return np.asarray(desk)


@pytest.mark.parametrize("turn", [0, -9, 5])
@pytest.mark.parametrize("negative", [False, True])
def test_the_digit_on_the_sheet_is_read_as_without_a_desk(turn: float, *, negative: bool) -> None:
    """A light sheet on a dark desk, and a dark one on a light desk."""
    plain = normalise(on_paper(seven(200, 200, 14), PAPER, INK))
    picture = photo(0) if turn == 0 else photo(turn)
    found = normalise(~picture if negative else picture)
    assert not found.blank
    assert found.components == 1
    assert found.inverted is not negative
    x0, y0, x1, y1 = found.box
    assert x1 - x0 < 150
    assert y1 - y0 < 170
    if turn == 0:
        assert overlap(found.pixels > 127, plain.pixels > 127) > 0.8


def test_an_empty_sheet_on_a_desk_is_blank() -> None:
    """Its outline is no digit."""
    assert normalise(photo(5, inked=False)).blank


@pytest.mark.parametrize("round_", [True, False])
def test_a_fat_0_is_no_sheet(*, round_: bool) -> None:
    """A ring is not a rectangle, and what is open at its side is no sheet with ink on it."""
    y, x = np.mgrid[-1:1:100j, -1:1:100j]
    radius = np.hypot(x, y)
    ring = (radius < 0.85) & (radius > 0.25)
    if not round_:
        ring = (np.maximum(abs(x), abs(y)) < 0.85) & ~((abs(y) < 0.12) & (x > -0.3))  # a block with a slit
    plane = np.where(ring, 220, 30).astype(np.uint8)
    assert sheet_on_desk(plane, counted(plane)) is None


def test_a_small_picture_has_no_desk() -> None:
    """Of few pixels a fat 0 is a rectangle too."""
    small = np.asarray(Image.fromarray(photo(0)).resize((40, 40)))
    assert sheet_on_desk(small, counted(small)) is None


@pytest.mark.parametrize("turn", [0, 6])
def test_a_small_digit_near_the_edge_of_its_sheet_is_seen_without_the_desk(turn: float) -> None:
    """It is looked at again at full size, and the desk that comes into view is not taken for ink."""
    sheet = np.full((1600, 1600), PAPER, np.uint8)
    sheet[300:600, 40:340] = on_paper(seven(300, 300, 21), PAPER, INK)
    turned = Image.fromarray(sheet).rotate(turn, Image.Resampling.BICUBIC, expand=True)
    where = Image.new("L", sheet.shape, 255).rotate(turn, Image.Resampling.BICUBIC, expand=True)
    desk = Image.new("L", (2240, 2240), DESK)
    desk.paste(turned, ((2240 - turned.width) // 2, (2240 - turned.height) // 2), where)
    found, plain = normalise(np.asarray(desk)), normalise(on_paper(seven(200, 200, 14), PAPER, INK))
    assert found.inverted
    assert max(found.box[2] - found.box[0], found.box[3] - found.box[1]) < 300
    if turn == 0:
        assert overlap(found.pixels > 127, plain.pixels > 127) > 0.8
