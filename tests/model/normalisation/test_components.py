"""Connected shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.normalisation.components import label
from model.normalisation.planes import Mask


def flooded(mask: Mask) -> list[set[tuple[int, int]]]:
    """The shapes of a mask by the plainest method there is."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    shapes = []
    while left:
        shape, edge = set(), {left.pop()}
        while edge:
            shape |= edge
            around = {(y + i, x + j) for y, x in edge for i in (-1, 0, 1) for j in (-1, 0, 1)}
            edge = around & left
            left -= edge
        shapes.append(shape)
    return shapes


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_shapes_are_those_that_flooding_finds(mask: Mask) -> None:
    """Members, areas and boxes agree with a flood fill, for any mask."""
    found = label(mask)
    expected = flooded(mask)
    alone = np.eye(len(found), dtype=bool)
    mine = [{(int(y), int(x)) for y, x in np.argwhere(found.mask(chosen))} for chosen in alone]
    assert sorted(mine, key=min) == sorted(expected, key=min)
    for shape, area, box in zip(mine, found.area, found.boxes, strict=True):
        ys, xs = [y for y, _ in shape], [x for _, x in shape]
        assert area == len(shape)
        assert tuple(box) == (min(xs), min(ys), max(xs) + 1, max(ys) + 1)


def test_shapes_of_many_runs_are_those_that_flooding_finds() -> None:
    """Noise has more runs than are joined one by one."""
    mask = np.random.default_rng(6).random((50, 40)) < 0.4
    found = label(mask)
    alone = np.eye(len(found), dtype=bool)
    mine = [{(int(y), int(x)) for y, x in np.argwhere(found.mask(chosen))} for chosen in alone]
    assert sorted(mine, key=min) == sorted(flooded(mask), key=min)


@pytest.mark.parametrize("side", [1, 2, 200])
def test_a_checkerboard_is_one_shape(side: int) -> None:
    """Thousands of runs that touch at corners alone are joined into one."""
    board = np.indices((side, side)).sum(axis=0) % 2 == 0
    found = label(board)
    assert len(found) == 1
    assert found.area[0] == np.count_nonzero(board)


def test_a_spiral_is_one_shape() -> None:
    """Runs that meet only after many turns are joined."""
    mask = np.zeros((41, 41), bool)
    x0, y0, x1, y1 = 0, 0, 40, 40
    while x0 < x1:
        mask[y0, x0 : x1 + 1] = mask[y0 : y1 + 1, x1] = mask[y1, x0 : x1 + 1] = True
        mask[y0 + 4 : y1 + 1, x0] = True
        mask[y0 + 4, x0 : x0 + 5] = True
        x0, y0, x1, y1 = x0 + 4, y0 + 4, x1 - 4, y1 - 4
    assert len(label(mask)) == len(flooded(mask)) == 1


def test_an_empty_mask_has_no_shapes() -> None:
    """Nothing is found where there is nothing."""
    found = label(np.zeros((5, 7), bool))
    assert len(found) == 0
    assert not found.mask(np.zeros(0, bool)).any()


def test_mass_and_mask_belong_to_the_same_shape() -> None:
    """The sum over a shape is the sum of the plane under its mask."""
    mask = np.zeros((6, 9), bool)
    mask[1:3, 1:4] = mask[4, 6:] = True
    plane = np.arange(54, dtype=np.uint8).reshape(6, 9)
    found = label(mask)
    for i, mass in enumerate(found.mass(plane)):
        chosen = np.arange(len(found)) == i
        assert mass == plane[found.mask(chosen)].sum()
