"""The pen: strokes become ink."""

import numpy as np
import pytest

from model.arrays import Array
from model.form import SIDE
from model.synthetic.pen import centred, draw

Point = tuple[float, float]


def line(start: Point, end: Point, width: float, down: bool = True) -> Array:
    """(28, 28): one straight stroke."""
    points = np.array([[start, end]], np.float32)
    return draw(points, np.array([[down]]), np.array([width], np.float32)).reshape(SIDE, SIDE)


def test_ink_lies_within_half_the_width_of_the_path() -> None:
    """A stroke 4 px wide along column 10 inks columns 9 to 11 fully, 8 and 12 by half, and nothing further away."""
    row = line((10, 5), (10, 20), width=4)[12]
    np.testing.assert_allclose(row[7:14], [0, 0.5, 1, 1, 1, 0.5, 0])
    assert row.sum() == pytest.approx(4)


def test_ends_are_round_and_where_the_path_ends() -> None:
    """Ink reaches half a width beyond the end of the path."""
    column = line((10, 8), (10, 18), width=2)[:, 10]
    assert column[7:20].tolist() == [0.5] + [1.0] * 11 + [0.5]
    assert column[:7].sum() + column[20:].sum() == 0


def test_a_lifted_pen_leaves_nothing() -> None:
    """Moving between two strokes draws no line."""
    assert not line((5, 5), (20, 20), width=3, down=False).any()


def test_each_digit_of_a_batch_is_drawn_alone() -> None:
    """What is drawn for one digit does not depend on the others, also beyond a block's end."""
    rng = np.random.default_rng(1)
    points = rng.uniform(4, 24, (300, 5, 2)).astype(np.float32)
    down, width = rng.random((300, 4)) < 0.8, rng.uniform(1, 4, 300).astype(np.float32)
    together = draw(points, down, width)
    for i in (0, 255, 256, 299):
        assert np.array_equal(together[i], draw(points[i : i + 1], down[i : i + 1], width[i : i + 1])[0])


def test_centring_moves_the_mass_to_where_mnist_has_it_by_whole_pixels() -> None:
    """The centre of mass ends within half a pixel of row and column 14, and the ink itself is unchanged."""
    ink = line((6, 3), (9, 21), width=3)
    picture = centred(ink.reshape(1, -1)).reshape(SIDE, SIDE)
    place = np.arange(SIDE)
    assert abs(picture.sum(axis=0) @ place / picture.sum() - SIDE / 2) <= 0.51
    assert abs(picture.sum(axis=1) @ place / picture.sum() - SIDE / 2) <= 0.51
    assert np.array_equal(np.sort(picture, axis=None), np.sort(np.rint(ink * 255), axis=None))
