"""Levels and the thresholds between them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.normalisation.levels import counted
from model.normalisation.planes import Plane

planes = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def between_variance(plane: Plane, threshold: int) -> float:
    """What Otsu's threshold makes greatest, by definition."""
    light = plane > threshold
    if light.all() or not light.any():
        return 0.0
    share = float(light.mean())
    return share * (1 - share) * (float(plane[light].mean()) - float(plane[~light].mean())) ** 2


@given(planes)
@settings(max_examples=40)
def test_otsu_is_the_best_of_all_thresholds(plane: Plane) -> None:
    """No other threshold has more variance between the classes, and separability is its share of all variance."""
    threshold, separability = counted(plane).otsu
    best = max(between_variance(plane, level) for level in range(256))
    np.testing.assert_allclose(between_variance(plane, threshold), best, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(separability * float(plane.astype(float).var()), best, rtol=1e-5, atol=1e-5)


@given(planes, st.integers(0, 255))
def test_derived_levels_are_those_of_the_derived_planes(plane: Plane, ground: int) -> None:
    """Negative and rise need no second count."""
    rise = np.maximum(plane, np.uint8(ground)) - np.uint8(ground)
    for derived, plain in ((counted(plane).negative(), ~plane), (counted(plane).above(ground), rise)):
        np.testing.assert_array_equal(derived.counts, counted(plain).counts)
        np.testing.assert_array_equal(derived.sums, counted(plain).sums)


def test_quantiles_of_a_part_of_the_levels() -> None:
    """The middle of the levels, and the middle of those above a threshold."""
    levels = counted(np.array([[10, 20, 30, 200, 210, 220, 230]], np.uint8))
    assert levels.quantile(0.5) == 200
    assert levels.quantile(0.5, 0, 100) == 20
    assert levels.quantile(0.5, 101) == 210


def test_little_ink_is_not_lost_in_noisy_paper() -> None:
    """A hundredth of the pixels is ink: its level is found, where Otsu's threshold divides the noise."""
    rng = np.random.default_rng(1)
    plane = np.clip(rng.normal(30, 8, (100, 100)), 0, 255).astype(np.uint8)
    plane[50, :] = 180
    paper, ink, deviation = counted(plane).paper_and_ink()
    assert abs(paper - 30) < 2
    assert abs(ink - 180) < 2
    assert abs(deviation - 8) < 1
