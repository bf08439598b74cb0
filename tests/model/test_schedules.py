"""Learning rates over a training."""

import pytest

from model.schedules import SCHEDULES, rate_factor


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
def test_factors_stay_between_zero_and_one_and_warm_up(schedule: str) -> None:
    """No step has a factor of zero or below, none over 1, and the first is smaller than the fifth."""
    factors = [rate_factor(schedule, step, 1000) for step in range(1, 1001)]
    assert min(factors) > 0
    assert max(factors) <= 1
    assert factors[0] < factors[4]


def test_cosine_is_half_at_half_way_and_nothing_at_the_end() -> None:
    """Half a wave from 1 to 0."""
    assert rate_factor("cosine", 500, 1000) == pytest.approx(0.5, abs=0.002)
    assert rate_factor("cosine", 1000, 1000) == pytest.approx(0, abs=1e-5)


def test_one_cycle_peaks_at_a_third() -> None:
    """It rises for 30 % of the steps, then falls."""
    factors = [rate_factor("one_cycle", step, 1000) for step in range(1, 1001)]
    assert factors.index(max(factors)) == pytest.approx(300, abs=2)
    assert max(factors) == pytest.approx(1, abs=1e-4)


def test_constant_is_full_after_the_warm_up() -> None:
    """The warm-up takes 2 % of the steps."""
    assert rate_factor("constant", 10, 1000) == pytest.approx(0.5)
    assert rate_factor("constant", 20, 1000) == 1


def test_a_training_of_one_step_has_its_full_rate() -> None:
    """With a single step there is no warm-up."""
    assert rate_factor("constant", 1, 1) == 1
