"""Digits that hardly rise above their paper's own pattern."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.normalisation.faint import as_it_is
from model.normalisation.location import located
from model.novelty.clouds import clouds
from model.pixels import normalise
from model.sources import mnist
from model.synthetic.papers import likeness

SIDE = 28
DIGITS = mnist("train").images[:30].reshape(-1, SIDE, SIDE) / np.float32(255)


def foggy(ink: NDArray[np.float32], seed: int) -> NDArray[np.uint8]:
    """A light digit in a cloud with structure of every size."""
    cloud = clouds(1, len(ink), 1.2, np.random.default_rng(seed))[0]
    picture: NDArray[np.uint8] = np.clip(110 + 60 * (ink + 0.4 * cloud), 0, 255).astype(np.uint8)
    return picture


def test_on_even_paper_a_digit_stays_as_it_is() -> None:
    """In its size and place, its centre of mass in the middle, from paper to full ink."""
    found = as_it_is((100 + 60 * DIGITS[0]).astype(np.uint8), (4, 4, 24, 24))
    assert found.dtype == np.uint8
    assert found.shape == (SIDE, SIDE)
    assert found.max() == 255
    assert np.corrcoef(found.ravel(), DIGITS[0].ravel())[0, 1] > 0.75
    rows, columns = np.indices(found.shape)
    assert (found * rows).sum() / found.sum() == pytest.approx(SIDE / 2, abs=0.6)
    assert (found * columns).sum() / found.sum() == pytest.approx(SIDE / 2, abs=0.6)


def test_nothing_rises_above_an_even_sheet() -> None:
    """No ink at all."""
    assert not as_it_is(np.full((40, 30), 77, np.uint8), (10, 10, 20, 20)).any()


def test_a_small_digit_on_a_large_sheet_is_framed_by_its_box() -> None:
    """Even at the sheet's edge, where the frame reaches beyond."""
    plane = np.full((90, 112), 80, np.uint8)
    plane[66:86, 2:22] += (70 * DIGITS[3][4:24, 4:24]).astype(np.uint8)
    assert likeness(as_it_is(plane, (2, 66, 22, 86)), DIGITS[3]) > 0.85


@pytest.mark.parametrize("scale", [1, 2])
def test_digits_in_fog_are_left_grey(scale: int) -> None:
    """Light on dark and dark on light: nearly all are like what was written, and are no black and white shapes."""
    alike, grey = [], []
    for i, digit in enumerate(DIGITS):
        picture = foggy(np.kron(digit, np.ones((scale, scale), np.float32)), i)
        picture = ~picture if i % 2 else picture
        found = located(picture)
        grey.append(found is not None and found.grey is not None)
        alike.append(likeness(normalise(picture).pixels, digit))
    assert np.mean(grey) > 0.8
    assert np.median(alike) > 0.68


def test_clear_digits_are_shaped() -> None:
    """On the same paper without fog, the threshold does well."""
    for digit in DIGITS[:10]:
        found = located((240 - 200 * np.kron(digit, np.ones((3, 3), np.float32))).astype(np.uint8))
        assert found is not None
        assert found.grey is None
