"""Clouds."""

import numpy as np
import pytest

from model.novelty.clouds import clouds


@pytest.mark.parametrize("side", [28, 33])
def test_mean_and_deviation_are_those_stated(side: int) -> None:
    """Each picture by itself, of even and odd sides."""
    grey = clouds(5, side, 1.0, np.random.default_rng(1))
    assert grey.shape == (5, side, side)
    np.testing.assert_allclose(grey.mean(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(grey.std(axis=(1, 2)), 1)


@pytest.mark.parametrize("steepness", [0.0, 1.0, 2.0])
def test_amplitudes_fall_with_the_frequency_as_the_power_says(steepness: float) -> None:
    """Over many pictures, the slope of their logarithms over the frequency's is the power, negative."""
    side = 64
    spectra = np.fft.fft2(clouds(200, side, steepness, np.random.default_rng(2)))
    amplitude = np.sqrt((np.abs(spectra) ** 2).mean(axis=0)).ravel()[1:]
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None]).ravel()[1:]
    slope, _ = np.polyfit(np.log(frequency), np.log(amplitude), 1)
    assert slope == pytest.approx(-steepness, abs=0.05)


def test_each_picture_may_have_a_power_of_its_own() -> None:
    """The steeper of two has neighbours more alike."""
    grey = clouds(2, 64, np.array([0.0, 2.0]).reshape(2, 1, 1), np.random.default_rng(3))
    alike = [np.corrcoef(one[:, :-1].ravel(), one[:, 1:].ravel())[0, 1] for one in grey]
    assert abs(alike[0]) < 0.1
    assert alike[1] > 0.9
