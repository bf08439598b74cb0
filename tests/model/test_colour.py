"""Colour and transparency."""

import numpy as np
import pytest
from PIL import Image

from model import colour

Colour = tuple[int, int, int]


def cross(paper: Colour, ink: Colour) -> Image.Image:
    """A cross of ink on paper."""
    levels = np.empty((60, 60, 3), np.uint8)
    levels[:] = paper
    levels[28:33, 10:50] = levels[10:50, 28:33] = ink
    return Image.fromarray(levels)


def contrast(grey: Image.Image) -> int:
    """How far the ink of ``cross`` is from its paper."""
    levels = np.asarray(grey).astype(int)
    return abs(int(levels[30, 20]) - int(levels[5, 5]))


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((255, 255, 255), (255, 255, 0)),
        ((100, 160, 100), (220, 96, 110)),
        ((250, 220, 60), (255, 255, 255)),
        ((60, 60, 60), (20, 20, 200)),
    ],
)
def test_coloured_ink_keeps_its_contrast(paper: Colour, ink: Colour) -> None:
    """Also where it is as bright as its paper."""
    assert contrast(colour.to_grey(cross(paper, ink))) > 80


def test_luminance_is_kept_where_it_shows_the_ink() -> None:
    """Ordinary ink on ordinary paper is turned grey in the ordinary way."""
    picture = cross((240, 235, 220), (30, 40, 90))
    np.testing.assert_array_equal(np.asarray(colour.to_grey(picture)), np.asarray(picture.convert("L")))


def test_grey_in_three_channels_is_not_changed() -> None:
    """Not by a rounding step: MNIST saved as RGB stays MNIST."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    grey = colour.to_grey(Image.merge("RGB", [Image.fromarray(levels)] * 3))
    np.testing.assert_array_equal(np.asarray(grey), levels)


def test_a_picture_that_is_grey_in_its_middle_alone_keeps_its_coloured_ink() -> None:
    """A row without colour says nothing about the others."""
    picture = cross((255, 255, 255), (255, 255, 0))
    picture.paste((255, 255, 255), (0, 30, 60, 31))
    levels = np.asarray(colour.to_grey(picture)).astype(int)
    assert abs(int(levels[29, 20]) - int(levels[5, 5])) > 80


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (30, 30, 200), (250, 240, 80)])
def test_ink_on_nothing_is_put_on_a_contrasting_ground(ink: Colour) -> None:
    """Black, white and any colour between."""
    picture = cross((0, 0, 0), ink)
    shape = np.asarray(cross((0, 0, 0), (255, 255, 255)).convert("L"))
    picture.putalpha(Image.fromarray(shape))
    assert contrast(colour.flatten(picture).convert("L")) > 90


def test_a_sheet_with_transparent_surroundings_has_no_edge() -> None:
    """What is around a cut-out photo takes the colour of its paper."""
    picture = cross((220, 215, 205), (40, 40, 70))
    alpha = np.zeros((60, 60), np.uint8)
    alpha[4:56, 4:56] = 255
    picture.putalpha(Image.fromarray(alpha))
    flat = np.asarray(colour.flatten(picture))
    assert np.array_equal(flat[0, 0], flat[8, 8])


def test_a_picture_of_nothing_is_flat() -> None:
    """Every pixel transparent: one colour, whatever was hidden there."""
    picture = cross((0, 0, 0), (255, 255, 255))
    picture.putalpha(0)
    assert len(np.unique(np.asarray(colour.flatten(picture)))) == 1
