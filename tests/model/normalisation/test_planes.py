"""Working size and filters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.normalisation import planes
from model.normalisation.planes import Plane

small = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def windows(plane: Plane, window: int, pick: "np.ufunc") -> Plane:
    """Minimum or maximum over every window, the slow way."""
    before = (window - 1) // 2
    after = window - 1 - before
    height, width = plane.shape
    out = np.empty_like(plane)
    for y in range(height):
        for x in range(width):
            part = plane[max(0, y - before) : y + after + 1, max(0, x - before) : x + after + 1]
            out[y, x] = pick.reduce(part, axis=None)
    return out


@given(small, st.sampled_from([3, 5, 7, 11]))
def test_opening_is_the_maximum_of_minima(plane: Plane, window: int) -> None:
    """The fast filter agrees with the definition, whatever the sizes."""
    window = min(window, 2 * min(plane.shape) - 1)
    expected = windows(windows(plane, window, np.minimum), window, np.maximum)
    np.testing.assert_array_equal(planes.opened(plane, window), expected)


@given(small, st.sampled_from([3, 5, 7, 11]))
def test_local_ground_is_the_opening_of_a_plane_that_goes_on(plane: Plane, window: int) -> None:
    """Its borders are repeated so far that no window meets the end."""
    beyond = np.pad(plane, 2 * window, mode="edge")
    expected = windows(windows(beyond, window, np.minimum), window, np.maximum)
    inner = expected[2 * window : -2 * window, 2 * window : -2 * window]
    np.testing.assert_array_equal(planes.local_ground(plane, window), inner)


def test_local_ground_follows_a_slope_to_its_very_ends() -> None:
    """A ramp is ground everywhere; a line on it is not."""
    ramp = np.tile(np.arange(0, 200, 4, dtype=np.uint8), (30, 1))
    inked = ramp.copy()
    inked[:, 20:23] += 40
    np.testing.assert_array_equal(planes.local_ground(ramp, 9), ramp)
    assert (inked - planes.local_ground(inked, 9))[:, 21].min() >= 30


def test_local_ground_follows_the_edge_of_a_shadow() -> None:
    """A step is not smeared, so nothing rises above the ground beside it."""
    step = np.full((20, 40), 60, np.uint8)
    step[:, 25:] = 140
    np.testing.assert_array_equal(planes.local_ground(step, 9), step)


@pytest.mark.parametrize(("height", "width"), [(6000, 6000), (700, 3000), (1, 6000), (6000, 1)])
def test_a_line_of_one_pixel_survives_on_a_large_canvas(height: int, width: int) -> None:
    """On a flat canvas the line keeps its full strength at working size."""
    canvas = np.full((height, width), 255, np.uint8)
    canvas[height // 3 : height // 3 + max(1, height // 4), width // 2] = 0
    plane, scale = planes.at_working_size(canvas)
    assert max(plane.shape) <= planes.WORKING_SIDE
    assert scale > 1
    assert plane.min() == 0
    assert np.median(plane) == 255


def test_noise_is_averaged_away() -> None:
    """Elsewhere blocks are averaged: noise shrinks, the mean stays."""
    rng = np.random.default_rng(2)
    noisy = np.clip(rng.normal(128, 30, (1000, 1000)), 0, 255).astype(np.uint8)
    plane, _ = planes.at_working_size(noisy)
    assert plane.std() < 6
    assert abs(float(plane.mean()) - 128) < 1


def test_tiny_pictures_are_enlarged() -> None:
    """Eight pixels are too few to look for strokes in."""
    plane, scale = planes.at_working_size(np.eye(8, dtype=np.uint8) * 255)
    assert plane.shape == (32, 32)
    assert scale == 1 / 4


def test_pieces_along_a_line_keep_their_length() -> None:
    """Only runs of at least the window stay, and they stay whole."""
    mask = np.zeros((3, 20), bool)
    mask[1, 2:12] = mask[2, 5:9] = True
    kept = planes.opened_along(mask, 6, axis=1)
    np.testing.assert_array_equal(np.flatnonzero(kept[1]), np.arange(2, 12))
    assert not kept[2].any()
    np.testing.assert_array_equal(planes.opened_along(mask.T, 6, axis=0), kept.T)


@pytest.mark.parametrize("side", [100, 300])
def test_a_dithered_grey_is_no_canvas_of_ink(side: int) -> None:
    """Its dots go, at full size and in reduction, and the ink stays."""
    rng = np.random.default_rng(4)
    ink = np.zeros((side, side), bool)
    ink[side // 4 : -side // 4, side // 2 - side // 16 : side // 2 + side // 16] = True
    dithered = np.where(ink | (rng.random((side, side)) < 0.12), np.uint8(0), np.uint8(255))
    plane, scale = planes.at_working_size(dithered)
    dark = planes.without_salt(plane) < 128
    wanted = ink[:: int(scale), :: int(scale)]
    assert np.count_nonzero(dark & ~wanted) < 0.02 * dark.size
    assert np.count_nonzero(dark & wanted) > 0.9 * np.count_nonzero(wanted)


def test_thin_lines_and_small_pictures_are_no_salt() -> None:
    """A line of one pixel has a neighbour everywhere, and a picture of 28x28 keeps its dots."""
    lines = np.full((80, 80), 255, np.uint8)
    lines[10:70, 40] = 0
    lines[np.arange(10, 70), np.arange(10, 70)] = 0
    assert planes.without_salt(lines) is lines
    noise = np.random.default_rng(5).integers(0, 256, (28, 28), np.uint8)
    assert planes.without_salt(noise) is noise
