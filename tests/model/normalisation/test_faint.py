"""Digits that hardly rise above their paper's own pattern."""

import numpy as np
import pytest

from model.normalisation.faint import as_it_is
from model.pixels import normalise
from model.sources import mnist
from model.synthetic.clouds import clouds
from model.synthetic.papers import likeness

SIDE = 28


def digit(i: int) -> np.ndarray:
    """One of MNIST's training digits, 0 to 1."""
    return mnist("train").images[i].reshape(SIDE, SIDE) / np.float32(255)


def foggy(ink: np.ndarray, seed: int, strength: float = 0.5) -> np.ndarray:
    """A digit in a cloud of every size."""
    cloud = clouds(1, len(ink), 1.2, np.random.default_rng(seed))[0]
    return np.clip(110 + 60 * (ink + strength * cloud), 0, 255).astype(np.uint8)


def test_on_even_paper_a_digit_is_the_digit() -> None:
    """Where it fills the frame as MNIST's do, it stays where and how it was."""
    plane = (100 + 60 * digit(0)).astype(np.uint8)
    found = as_it_is(plane, (4, 4, 24, 24))
    assert found.dtype == np.uint8
    assert likeness(found, digit(0)) > 0.9
    ys, xs = np.indices(found.shape)
    assert (found * ys).sum() / found.sum() == pytest.approx(13.5, abs=0.6)
    assert (found * xs).sum() / found.sum() == pytest.approx(13.5, abs=0.6)


def test_nothing_rises_above_an_even_sheet() -> None:
    """No ink at all."""
    assert not as_it_is(np.full((40, 30), 77, np.uint8), (10, 10, 20, 20)).any()


def test_a_small_digit_on_a_large_sheet_is_framed_by_its_box() -> None:
    """Even at the sheet's edge, where the frame reaches beyond."""
    plane = np.full((90, 112), 80, np.uint8)
    plane[66:86, 2:22] += (70 * digit(3)[4:24, 4:24]).astype(np.uint8)
    assert likeness(as_it_is(plane, (2, 66, 22, 86)), digit(3)) > 0.85


@pytest.mark.parametrize("side", [28, 64])
def test_digits_in_fog_are_more_like_themselves_than_a_threshold_leaves_them(side: int) -> None:
    """Of forty, nearly all are alike; the whole way through the normaliser, light on dark or dark on light."""
    alike = []
    for i in range(40):
        ink = np.kron(digit(i), np.ones((2, 2)))[:side, :side] if side == 28 else np.pad(
            np.kron(digit(i), np.ones((2, 2))), 4
        )
        ink = digit(i) if side == SIDE else ink
        picture = foggy(ink, i)
        alike.append(likeness(normalise(picture if i % 2 else ~picture).pixels, digit(i)))
    assert np.median(alike) > 0.7
