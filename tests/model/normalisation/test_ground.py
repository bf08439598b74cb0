"""Polarity, and ink above its local ground."""

import numpy as np
import pytest
from PIL import Image

from model.normalisation import ground
from model.normalisation.levels import counted
from model.normalisation.planes import Mask, Plane
from model.sources import mnist
from tests.model.normalisation.drawing import on_paper, overlap, seven


def scenes(ink: Mask) -> dict[str, Plane]:
    """Dark ink on papers that make polarity hard."""
    rng = np.random.default_rng(3)
    height, width = ink.shape
    across = np.linspace(0, 1, width)[None, :] + np.zeros((height, 1))
    return {
        "clean": on_paper(ink, 255, 0),
        "faint": on_paper(ink, 140, 126),
        "noise": on_paper(ink, 190 + rng.normal(0, 12, ink.shape), 90),
        "slope": on_paper(ink, 250 - 170 * across, 30),
        "shadow": (on_paper(ink, 230, 80) * np.where(across > 0.55, 0.5, 1)).astype(np.uint8),
    }


@pytest.mark.parametrize("name", scenes(seven()))
def test_polarity_turns_with_the_negative(name: str) -> None:
    """Dark ink is called dark, and the same picture's negative light."""
    plane = scenes(seven())[name]
    assert ground.is_dark_ink(plane, counted(plane))
    assert not ground.is_dark_ink(~plane, counted(~plane))


@pytest.mark.parametrize("number", range(8))
def test_dark_corners_are_no_ground(number: int) -> None:
    """Where light falls off towards the corners, the border is as dark as the ink in the middle."""
    digit = mnist("train").images[number].reshape(28, 28)
    coverage = np.asarray(Image.fromarray(digit).resize((90, 90), Image.Resampling.BICUBIC)) / 255
    y, x = np.mgrid[-1:1:90j, -1:1:90j]
    light = 255 * (1 - 0.4 * (x * x + y * y))
    plane = ((0.85 - 0.6 * coverage) * light).astype(np.uint8)
    assert ground.is_dark_ink(plane, counted(plane))
    assert not ground.is_dark_ink(~plane, counted(~plane))


def test_ink_that_fills_the_frame_is_told_by_the_border() -> None:
    """Even where most of the picture is ink the border shows what is ground."""
    plane = np.full((40, 40), 20, np.uint8)
    plane[:2] = plane[-2:] = plane[:, :2] = plane[:, -2:] = 230
    plane[15:25, 15:25] = 230
    assert ground.is_dark_ink(plane, counted(plane))


@pytest.mark.parametrize("name", ["clean", "faint", "noise", "slope", "shadow"])
def test_strength_is_high_on_ink_alone(name: str) -> None:
    """Half of the contrast divides ink from paper at every place, in light and in shadow."""
    ink = seven()
    plane = ~scenes(ink)[name]
    rises = ground.ink_strength(plane, counted(plane))
    paper, full, _ = rises.levels.paper_and_ink()
    assert overlap(rises.plane > (paper + full) / 2, ink) > 0.85


def test_strokes_along_the_border_are_ink_where_the_ground_is_flat() -> None:
    """A frame filled by a thick 0 loses nothing."""
    plane = np.full((60, 40), 255, np.uint8)
    plane[14:46, 12:28] = 0
    rises = ground.ink_strength(plane, counted(plane))
    assert rises.is_flat
    np.testing.assert_array_equal(rises.plane, plane)


@pytest.mark.parametrize("side", [28, 64])
def test_soft_strokes_that_fill_the_frame_are_ink(side: int) -> None:
    """An 8x8 digit enlarged smoothly has hardly two equal levels; its ground is flat all the same."""
    coarse = np.array(
        [[0, 90, 255, 255, 255, 140, 0, 0]] + [[0] * 5 + [220, 255, 30]] * 5 + [[255] * 8] * 2, np.uint8
    )
    image = Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR)
    plane = np.asarray(image)
    rises = ground.ink_strength(plane, counted(plane))
    assert rises.is_flat
    assert overlap(rises.plane > 127, plane > 127) > 0.95


def test_the_levels_returned_are_those_of_the_strength() -> None:
    """By whichever way the strength came about."""
    for plane in scenes(seven()).values():
        rises = ground.ink_strength(~plane, counted(~plane))
        np.testing.assert_array_equal(rises.levels.counts, counted(rises.plane).counts)


def test_fog_on_a_small_picture_is_ground() -> None:
    """Clouds a third of the picture wide sink; strokes do not."""
    y, x = np.mgrid[0:28, 0:28] * (2 * np.pi / 18)
    ink = seven(28, 28, 3)
    plane = np.clip(70 + 35 * np.sin(x) * np.cos(y) + 80 * ink, 0, 255).astype(np.uint8)
    rises = ground.ink_strength(plane, counted(plane))
    paper, full, _ = rises.levels.paper_and_ink()
    assert overlap(rises.plane > (paper + full) / 2, ink) > 0.85
