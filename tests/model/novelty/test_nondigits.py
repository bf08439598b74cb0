"""Pictures that are no digit."""

import numpy as np
import pytest

from model.dataset import Dataset
from model.novelty.compositions import several, spoiled
from model.novelty.glyphs import glyphs
from model.novelty.inventions import invented, scribbles
from model.novelty.nondigits import non_digits
from model.novelty.textures import silhouettes, textures


def rng(seed: int = 1) -> np.random.Generator:
    """A source of variation."""
    return np.random.Generator(np.random.SFC64(seed))


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Dataset:
    """Some digits to turn, cut and join."""
    return mnist.take(slice(0, 300))


@pytest.fixture(scope="module")
def others(digits: Dataset) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """Two hundred pictures of all kinds."""
    return non_digits(digits, 200, rng())


def test_every_glyph_lies_on_the_grid() -> None:
    """Points from 0 to 1, two or more in a stroke, and more than three hundred glyphs, all different."""
    assert len(glyphs()) > 300
    assert len(set(glyphs())) == len(glyphs())
    for strokes in glyphs():
        for stroke in strokes:
            assert len(stroke.points) >= 2
            assert all(0 <= value <= 1 for point in stroke.points for value in point)


def test_as_many_pictures_as_asked_for(digits: Dataset) -> None:
    """However few; bytes, 784 of them each."""
    for n in (1, 7, 33):
        pictures = non_digits(digits, n, rng())
        assert pictures.shape == (n, 784)
        assert pictures.dtype == np.uint8


def test_nearly_every_picture_has_ink_and_no_two_are_alike(
    others: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]",
) -> None:
    """They differ in shape, and empty ones are the exception."""
    assert (others.max(axis=1) > 100).mean() > 0.95
    assert len(np.unique(others, axis=0)) > 190


def test_equal_seeds_give_equal_pictures(
    digits: Dataset, others: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]"
) -> None:
    """Bit for bit; another seed gives others."""
    np.testing.assert_array_equal(non_digits(digits, 200, rng()), others)
    assert (non_digits(digits, 200, rng(2)) != others).any()


def test_digits_without_some_of_the_ten_will_do(digits: Dataset) -> None:
    """Data of a single digit, even one that is never turned, makes pictures all the same."""
    ones = digits.take(np.flatnonzero(digits.labels == 1))
    assert non_digits(ones, 60, rng()).shape == (60, 784)


def test_textures_and_silhouettes_vary() -> None:
    """Each picture has light and dark, each another."""
    for pictures in (textures(12, rng()), silhouettes(12, rng())):
        assert pictures.shape == (12, 784)
        assert len(np.unique(pictures, axis=0)) >= 10


def test_inventions_and_scribbles_are_all_different() -> None:
    """As many as asked for, none at all too; each has ink, and no two are the same."""
    for make in (invented, scribbles):
        pictures = make(40, rng())
        assert pictures.shape == (40, 784)
        assert (pictures.max(axis=1) > 200).all()
        assert len(np.unique(pictures, axis=0)) == 40
        assert make(0, rng()).shape == (0, 784)


def test_a_single_digit_is_not_among_several(digits: Dataset) -> None:
    """Two or three ones side by side are half as wide again as one, at least."""
    ones = digits.take(np.flatnonzero(digits.labels == 1))
    narrow, wide = (
        pictures.reshape(-1, 28, 28).any(axis=1).sum(axis=1).mean()
        for pictures in (ones.images, several(ones, 40, rng()))
    )
    assert wide > 1.5 * narrow


def test_a_crossed_out_digit_has_more_ink_than_before(digits: Dataset) -> None:
    """What is written upon or crossed out has all its strokes and more; only cut digits have as much as before."""
    pictures = spoiled(digits, 90, rng()).astype(float)
    assert pictures[30:].sum(axis=1).mean() > 1.15 * digits.images.astype(float).sum(axis=1).mean()
