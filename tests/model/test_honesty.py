"""Fitting what makes a network honest."""

import numpy as np
import pytest

from model.calibration import Calibration
from model.dataset import Split
from model.honesty import (
    ABSTAINED,
    MOST_PASSES,
    SHARES,
    answers,
    detector_passes,
    fit,
    fit_odds,
    fit_temperature,
)
from model.novelty.nondigits import non_digits
from model.training import Trained
from tests.model.conftest import small_config


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    """Labels drawn from softmax(z / T) are likeliest at T."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 3, (20_000, 10)).astype(np.float32)
    p = Calibration(temperature).activations(logits).astype(np.float64)
    labels = (p.cumsum(axis=1) < rng.random((len(p), 1)) * p.sum(axis=1, keepdims=True)).sum(axis=1)
    assert fit_temperature(logits, labels.astype(np.uint8)) == pytest.approx(temperature, rel=0.05)


def test_odds_follow_the_share_of_digits_at_a_score() -> None:
    """Two bells of like width: the odds grow along the score, even at the point where the weighted bells cross."""
    rng = np.random.default_rng(6)
    digits, none = rng.normal(2, 1, 40_000).astype(np.float32), rng.normal(-2, 1, 40_000).astype(np.float32)
    slope, offset = fit_odds(digits, none)
    assert slope == pytest.approx(4, rel=0.1)
    assert offset == pytest.approx(np.log(0.97 / 0.03), rel=0.1)


def test_odds_stay_finite_where_scores_part_perfectly() -> None:
    """Without an overlap the regression alone would run away."""
    slope, offset = fit_odds(np.full(10, 9, np.float32), np.full(10, -9, np.float32))
    assert 0 < slope < 100
    assert abs(offset) < 100


def test_what_is_no_digit_scores_low(small_trained: Trained, small_split: Split) -> None:
    """Held-out digits are believed more than letters and scrawls, even after so little learning."""
    calibration, network = small_trained.calibration, small_trained.network
    others = non_digits(small_split.validation, 200, np.random.default_rng(77))
    _, good = answers(calibration, network, small_split.validation.images)
    _, bad = answers(calibration, network, others)
    assert np.median(good) > 0.75
    assert (good[:, None] > bad[None, :]).mean() > 0.75


def test_the_stated_share_of_held_out_digits_is_abstained_from(
    small_trained: Trained, small_split: Split
) -> None:
    """By default, and for every share that is kept."""
    calibration = small_trained.calibration
    _, confidence = answers(calibration, small_trained.network, small_split.validation.images)
    n = len(confidence)
    for share, least in calibration.abstained:
        assert (confidence < least).mean() == pytest.approx(share, abs=1.5 / n)
    assert calibration.least_confidence == calibration.confidence_at(ABSTAINED)
    assert [share for share, _ in calibration.abstained] == list(SHARES)


def test_the_same_training_is_calibrated_alike(small_trained: Trained, small_split: Split) -> None:
    """Fitting again gives the same numbers and the same detector."""
    again = fit(small_trained.network, small_split, seed=1, passes=1)
    assert again.to_dict() == small_trained.calibration.to_dict()
    assert again.detector is not None
    assert small_trained.calibration.detector is not None
    for a, b in zip(again.detector.layers, small_trained.calibration.detector.layers, strict=True):
        np.testing.assert_array_equal(a.weight, b.weight)


def test_a_detector_learns_longest_where_the_network_sees_no_digits_too() -> None:
    """It makes a pass for five epochs of digits, and all of them where no-digits are learned from, however few epochs."""
    passes = [
        detector_passes(small_config(epochs=epochs, non_digits=n))
        for epochs, n in ((3, 0), (26, 0), (5000, 0), (3, 10))
    ]
    assert passes == [1, 6, MOST_PASSES, MOST_PASSES]
