"""Confidence that means what it says."""

from typing import Any

import numpy as np
import pytest

from model.calibration import Calibration, expected_calibration_error, honesty_figures
from model.detector import detector_sizes
from model.errors import ArtifactCorrupt, ConfigInvalid
from model.network import Network
from model.parameters import Parameters


def detector_for(network: Network, bias: float = 0.0) -> Network:
    """A detector that gives every picture the same score."""
    parameters = Parameters.zeros(detector_sizes(network))
    parameters.biases[-1][1] = bias
    return parameters.freeze(["relu", "softmax"])


@pytest.fixture(scope="module")
def network() -> Network:
    """A small network."""
    return Network.create((6,), "relu", np.random.default_rng(0))


def test_activations_sum_to_one_and_keep_their_order() -> None:
    """A temperature makes a network less sure, and changes no answer."""
    logits = np.random.default_rng(0).normal(0, 4, (50, 10)).astype(np.float32)
    cool, warm = Calibration(0.5).activations(logits), Calibration(3.0).activations(logits)
    np.testing.assert_allclose(warm.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(cool.argmax(axis=1), warm.argmax(axis=1))
    assert (warm.max(axis=1) < cool.max(axis=1)).all()


def test_without_a_detector_everything_is_a_digit(network: Network) -> None:
    """The probability that there is a digit is 1."""
    inputs = np.zeros((3, 784), np.float32)
    np.testing.assert_array_equal(
        Calibration().digit_probability(np.zeros((3, 6), np.float32), inputs), np.ones(3)
    )


@pytest.mark.parametrize(
    ("score", "slope", "offset"), [(0.0, 1.0, 0.0), (2.0, 0.5, -1.0), (-900.0, 10.0, 0.0)]
)
def test_the_odds_of_a_digit_are_logistic(
    network: Network, score: float, slope: float, offset: float
) -> None:
    """1 / (1 + exp(-(slope score + offset))), finite however strange the picture."""
    calibration = Calibration(detector=detector_for(network, score), slope=slope, offset=offset)
    inputs = np.zeros((2, 784), np.float32)
    expected = 1 / (1 + np.exp(min(80.0, -(slope * score + offset))))
    np.testing.assert_allclose(
        calibration.digit_probability(np.zeros((2, 6), np.float32), inputs), expected, atol=1e-6
    )


def test_a_share_of_good_digits_becomes_a_confidence() -> None:
    """Between the shares that were measured it is interpolated; share 0 abstains from nothing."""
    calibration = Calibration(abstained=((0.01, 0.4), (0.03, 0.8)))
    assert calibration.confidence_at(0.0) == 0.0
    assert calibration.confidence_at(0.01) == pytest.approx(0.4)
    assert calibration.confidence_at(0.02) == pytest.approx(0.6)


@pytest.mark.parametrize("share", [-0.1, 0.6, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    """The message says what was expected."""
    with pytest.raises(ConfigInvalid, match=r"abstain_share: expected 0 to 0\.5"):
        Calibration(abstained=((0.01, 0.4),)).confidence_at(share)


def test_a_network_that_was_not_calibrated_knows_no_shares() -> None:
    """Rather than a guess, an error."""
    with pytest.raises(ConfigInvalid, match="calibrated"):
        Calibration().confidence_at(0.01)


def test_what_a_manifest_keeps_comes_back(network: Network) -> None:
    """Every number; the detector comes from the weights file."""
    detector = detector_for(network)
    calibration = Calibration(0.7, detector, 1.5, -0.5, 0.6, ((0.01, 0.5), (0.02, 0.7)))
    assert Calibration.from_dict(calibration.to_dict(), detector) == calibration
    bare = Calibration(0.7, least_confidence=0.4)
    assert Calibration.from_dict(bare.to_dict()) == bare


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0},
        {"temperature": True},
        {"temperature": float("nan")},
        {"temperature": None},
        {"least_confidence": 1.1},
        {"least_confidence": "0.5"},
        {"abstained": 3},
        {"abstained": [[0.1, 0.2, 0.3]]},
        {"abstained": [[0.1, 2.0]]},
        {"abstained": [[0.2, 0.5], [0.1, 0.6]]},
        {"abstained": [[0.1, 0.5]] * 101},
        {"detector": None},
        {"detector": {"slope": 1.0}},
        {"detector": {"slope": -1.0, "offset": 0.0}},
        {"detector": {"slope": 1.0, "offset": float("inf")}},
    ],
)
def test_numbers_out_of_range_are_refused(network: Network, changes: dict[str, Any]) -> None:
    """A manifest that was tampered with never becomes a calibration."""
    detector = detector_for(network)
    values = {**Calibration(detector=detector).to_dict(), **changes}
    with pytest.raises(ArtifactCorrupt):
        Calibration.from_dict(values, detector)


def test_the_calibration_error_is_the_mean_gap() -> None:
    """Four answers at 0.9 of which three are right, and one at 0.5 that is: 0.8 x 0.15 + 0.2 x 0.5."""
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.5], np.float32)
    right = np.array([True, True, True, False, True])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.8 * 0.15 + 0.2 * 0.5, abs=1e-6)
    assert expected_calibration_error(np.ones(3, np.float32), np.ones(3, np.bool_)) == 0


def test_figures_of_honesty_are_those_of_the_readings() -> None:
    """Counted by hand: one of four abstained from, one of the three others wrong, and a gap of 0.1, 0.2, 0.6 and 0.3 each in a bin."""
    confidence = np.array([0.9, 0.8, 0.6, 0.3], np.float32)
    right = np.array([True, True, False, False])
    figures = honesty_figures(confidence, right, confidence >= 0.5)
    assert figures == {"calibration_error": 0.3, "abstained": 0.25, "answered_error": 0.333333}


def test_nothing_answered_is_nothing_wrong() -> None:
    """There is no division by none."""
    right = np.array([False])
    assert honesty_figures(np.array([0.1], np.float32), right, right)["answered_error"] == 0
