"""Matrices that resample."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from model.normalisation.resampling import averaging, both, enlarging, gaussian
from tests.model.normalisation.drawing import seven


def test_enlarging_is_pillows_bicubic() -> None:
    """The product with two matrices is the resized picture."""
    ink = seven(22, 19, thick=3).astype(np.float32)
    expected = Image.fromarray(ink).resize((66, 57), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(
        both(enlarging(19, 57), ink, enlarging(22, 66)), np.asarray(expected), atol=1e-5
    )


@pytest.mark.parametrize(("length", "wanted"), [(60, 20), (57, 20), (61, 7), (9, 20), (1, 1)])
def test_averaging_keeps_the_mean(length: int, wanted: int) -> None:
    """Each wanted pixel is an average, and every given one counts the same."""
    weights = averaging(length, wanted)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=0), wanted / length, rtol=1e-5)


def test_the_gaussian_spreads_a_point_and_loses_nothing() -> None:
    """Inside it sums to 1, its deviation is what was asked for, and beyond the border there is nothing."""
    weights = gaussian(61, 2.5)
    index = np.arange(61) - 30
    np.testing.assert_allclose(weights[30].sum(), 1, rtol=1e-4)
    np.testing.assert_allclose(np.sqrt(weights[30] @ index**2), 2.5, rtol=1e-2)
    assert weights[0].sum() < 0.65


def test_a_blur_by_matrices_is_about_pillows() -> None:
    """Pillow approximates the Gaussian by three boxes."""
    ink = seven(60, 60, thick=6).astype(np.uint8) * np.uint8(255)
    expected = np.asarray(Image.fromarray(ink).filter(ImageFilter.GaussianBlur(2)), np.float32)
    blurred = both(gaussian(60, 2), ink.astype(np.float32), gaussian(60, 2))
    assert np.abs(blurred - expected).max() < 8


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_no_weight_of_a_gaussian_is_denormal(sigma: float) -> None:
    """Far from the middle its weights fall below what is kept to full precision, where products are slow."""
    weights = gaussian(112, sigma)
    assert (weights[0] == 0).any()
    assert weights[weights != 0].min() >= np.finfo(np.float32).tiny
