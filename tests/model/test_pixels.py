"""From any grey picture to the 28x28 that MNIST's makers would have made."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.normalisation.clean import mnist_box
from model.normalisation.planes import Plane
from model.pixels import Normalised, normalise, normalise_all
from model.sources import load_test

Ink = NDArray[np.float64]

any_grey = hnp.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60)))


@pytest.fixture(scope="module")
def digits() -> Plane:
    """MNIST's 10,000 test digits."""
    return load_test().images.reshape(-1, 28, 28)


def enlarged(digit: Plane, factor: int) -> Plane:
    """The digit as smooth coverage, factor times as large."""
    image = Image.fromarray(digit).resize((28 * factor, 28 * factor), Image.Resampling.BICUBIC)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(factor / 4)))


def likeness(one: Plane, other: Plane) -> float:
    """Cosine of two pictures."""
    a, b = one.ravel().astype(float), other.ravel().astype(float)
    return float(a @ b / max(np.sqrt((a @ a) * (b @ b)), 1e-9))


def mean_likeness(digits: Plane, pictures: list[Plane]) -> float:
    """How like their digits the normalised pictures are, on average."""
    return float(np.mean([likeness(normalise(p).pixels, d) for p, d in zip(pictures, digits, strict=True)]))


def test_every_mnist_digit_comes_through_unchanged(digits: Plane) -> None:
    """Bit for bit, all 10,000, and their negatives become the same picture."""
    for digit in digits:
        seen, negative = normalise(digit), normalise(~digit)
        assert np.array_equal(seen.pixels, digit)
        assert np.array_equal(negative.pixels, digit)
        assert not seen.inverted
        assert negative.inverted


def test_many_at_once_come_through_as_each_alone(digits: Plane) -> None:
    """Digits, negatives, digits moved, paled or touching the corner, and pictures of other sizes, in one crowd."""
    crowd: list[Plane] = []
    for i, digit in enumerate(digits[:20]):
        cornered = digit.copy()
        cornered[0, 0] = 255
        moved = np.roll(digit, i % 5 - 2, axis=i % 2)
        crowd += [digit, ~digit, moved, digit // 2, cornered, np.pad(digit, 1), np.zeros((28, 28), np.uint8)]
    for found, picture in zip(normalise_all(crowd), crowd, strict=True):
        alone = normalise(picture)
        assert np.array_equal(found.pixels, alone.pixels)
        assert (found.inverted, found.box, found.blank, found.components) == (
            alone.inverted,
            alone.box,
            alone.blank,
            alone.components,
        )


@given(st.lists(hnp.arrays(np.uint8, (28, 28), elements=st.sampled_from([0, 1, 253, 254, 255])), max_size=4))
@settings(max_examples=30, deadline=None)
def test_any_crowd_comes_through_as_each_alone(crowd: list[Plane]) -> None:
    """Whatever the pictures are."""
    for found, picture in zip(normalise_all(crowd), crowd, strict=True):
        assert np.array_equal(found.pixels, normalise(picture).pixels)


def test_the_box_of_an_mnist_digit_is_its_ink(digits: Plane) -> None:
    """Also where nothing else is done to it."""
    for digit in digits[:50]:
        rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
        assert normalise(digit).box == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


def test_pictures_not_as_mnist_made_them_are_told_apart(digits: Plane) -> None:
    """Shifted, faded, small, noisy or grounded digits are normalised, not passed through."""
    digit = digits[0]
    rng = np.random.default_rng(1)
    changed = {
        "shifted": np.roll(digit, 2, axis=0),
        "faded": digit // 2,
        "small": np.pad(np.asarray(Image.fromarray(digit).resize((14, 14))), 7),
        "noisy": np.maximum(digit, rng.integers(0, 30, (28, 28), dtype=np.uint8)),
        "grounded": np.maximum(digit, np.uint8(1)),
    }
    for name, picture in changed.items():
        assert mnist_box(picture) is None, name


@given(any_grey)
def test_any_picture_gives_28_by_28(grey: Plane) -> None:
    """Noise of any size and shape: a picture, a box inside it, and a count that fits."""
    seen = normalise(grey)
    x0, y0, x1, y1 = seen.box
    assert seen.pixels.shape == (28, 28)
    assert seen.pixels.dtype == np.uint8
    assert 0 <= x0 < x1 <= grey.shape[1]
    assert 0 <= y0 < y1 <= grey.shape[0]
    assert seen.components >= 0
    assert not (seen.blank and seen.components)


@given(any_grey)
@settings(max_examples=50)
def test_what_was_normalised_stays_as_it_is(grey: Plane) -> None:
    """The result is as MNIST makes digits wherever there is one, so normalising it again changes nothing."""
    seen = normalise(grey)
    if seen.components == 1:
        again = normalise(seen.pixels)
        assert mnist_box(seen.pixels) is None or np.array_equal(again.pixels, seen.pixels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6000), (6000, 1), (2, 3), (3000, 3000)])
@pytest.mark.parametrize("kind", ["constant", "checkerboard", "noise"])
def test_extreme_pictures_are_survived(shape: tuple[int, int], kind: str) -> None:
    """Shapes and contents with no digit, or with thousands of shapes, are answered as blank or as no digit."""
    grey = np.full(shape, 127, np.uint8)
    if kind == "checkerboard":
        grey = (np.indices(shape).sum(axis=0) % 2 * 255).astype(np.uint8)
    elif kind == "noise":
        grey = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    seen = normalise(grey)
    assert seen.pixels.shape == (28, 28)
    if kind == "constant":
        assert seen.blank
        assert not seen.pixels.any()


@pytest.mark.parametrize("angle", range(10, 360, 35))
@pytest.mark.parametrize("depth", [0.3, 0.6])
def test_a_hard_shadow_on_an_empty_sheet_is_blank(angle: int, depth: float) -> None:
    """Across the middle or a corner, at any slant."""
    y, x = np.mgrid[-1:1:150j, -1:1:150j]
    across = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
    for place in (0.0, 0.4):
        light = np.where(across > place, 1 - depth, 1.0)
        assert normalise(np.asarray(210 * light, np.uint8)).blank, place


RNG = np.random.default_rng(5)
SCENES: dict[str, Callable[[Ink], Ink]] = {
    "ink on paper": lambda ink: 230 - 190 * ink,
    "chalk on a board": lambda ink: 50 + 150 * ink + RNG.normal(0, 6, ink.shape),
    "barely visible": lambda ink: 131 - 12 * ink,
    "noise": lambda ink: 200 - 110 * ink + RNG.normal(0, 15, ink.shape),
    "slope": lambda ink: (230 - 160 * ink) * np.linspace(1, 0.3, ink.shape[1]),
    "shadow": lambda ink: (230 - 160 * ink) * np.where(np.arange(ink.shape[0]) > 50, 0.55, 1)[:, None],
    "dark frame": lambda ink: np.pad(230 - 190 * ink, 8, constant_values=15),
    "small in a corner": lambda ink: np.pad(230 - 190 * ink, ((0, 900), (700, 0)), constant_values=230),
    "ruled": lambda ink: 230 - 190 * np.maximum(ink, 0.8 * (np.arange(len(ink)) % 37 < 2)[:, None]),
    "no margin": lambda ink: (230 - 190 * ink)[12:100, 12:100],
}


@pytest.mark.parametrize("name", SCENES)
def test_a_digit_is_found_again(name: str, digits: Plane) -> None:
    """Drawn four times as large into a scene, MNIST's digits come back much as MNIST made them."""
    pictures = [
        np.clip(SCENES[name](enlarged(digit, 4) / 255), 0, 255).astype(np.uint8) for digit in digits[:40]
    ]
    assert mean_likeness(digits[:40], pictures) > 0.8
    assert sum(normalise(picture).blank for picture in pictures) == 0


def test_shifted_digits_are_centred_again(digits: Plane) -> None:
    """Three pixels off in any direction."""
    pictures = [
        np.roll(digit, shift, axis=(0, 1))
        for digit, shift in zip(digits[:40], [(3, -2), (-3, 3)] * 20, strict=True)
    ]
    assert mean_likeness(digits[:40], pictures) > 0.93


@pytest.mark.parametrize("side", [40, 150, 500])
def test_empty_paper_and_noise_are_blank(side: int) -> None:
    """Flat, noisy, sloping and textured paper, and noise alone."""
    rng = np.random.default_rng(side)
    slope = np.linspace(120, 220, side)[None, :] + np.zeros((side, 1))
    coarse = Image.fromarray(rng.integers(150, 200, (side // 4, side // 4), dtype=np.uint8)).resize(
        (side, side), 3
    )
    papers = [
        np.full((side, side), 255.0),
        rng.normal(180, 6, (side, side)),
        slope + rng.normal(0, 3, (side, side)),
        np.asarray(coarse, float) + rng.normal(0, 3, (side, side)),
        rng.uniform(0, 256, (side, side)),
    ]
    found: list[Normalised] = [normalise(np.clip(paper, 0, 255).astype(np.uint8)) for paper in papers]
    assert all(seen.blank or seen.components != 1 for seen in found)
    assert sum(seen.blank for seen in found) >= 4


def test_two_digits_are_counted(digits: Plane) -> None:
    """A 7 and a 2 side by side, at the size of a pad."""
    pair = np.hstack([enlarged(digits[0], 5), enlarged(digits[1], 5)])
    assert normalise(pair).components == 2
    assert normalise(~pair).components == 2


def test_a_digit_is_one_digit(digits: Plane) -> None:
    """Of 300 digits drawn large hardly any is taken for several."""
    counts = [normalise(enlarged(digit, 3)).components for digit in digits[:300]]
    assert sum(count != 1 for count in counts) <= 3


@pytest.mark.parametrize(
    "shape",
    [(1, 69), (69, 1), (2, 60), (3, 200), (700, 2), (4, 200), (8, 5000), (5000, 8), (1, 1), (6, 6)],
)
def test_thin_pictures_are_normalised_like_any_other(shape: tuple[int, int]) -> None:
    """Whatever is in them."""
    rng = np.random.default_rng(1)
    slope = np.linspace(0, 255, shape[0] * shape[1]).reshape(shape).astype(np.uint8)
    dots = np.where(rng.random(shape) < 0.1, 255, 0).astype(np.uint8)
    soft = np.asarray(Image.fromarray(dots).filter(ImageFilter.GaussianBlur(2)))
    for grey in (slope, dots, ~dots, soft, ~soft, rng.integers(0, 256, shape, dtype=np.uint8)):
        found = normalise(grey)
        x0, y0, x1, y1 = found.box
        assert found.pixels.shape == (28, 28)
        assert 0 <= x0 < x1 <= shape[1]
        assert 0 <= y0 < y1 <= shape[0]
