"""Figures and curves of what was read."""

import numpy as np
import pytest

from model.assessment import (
    NON_DIGIT,
    Assessment,
    abstention,
    reliability,
)


def by_hand() -> Assessment:
    """Four digits, one of them misread and one abstained from, and two pictures that are none."""
    return Assessment(
        "by hand",
        np.zeros((6, 784), np.uint8),
        np.array([1, 2, 3, 4, NON_DIGIT, NON_DIGIT], np.int8),
        np.array([1, 2, 8, 4, 7, 7], np.int8),
        np.array([0.99, 0.8, 0.7, 0.3, 0.95, 0.2], np.float32),
        np.array(["", "", "", "ambiguous", "", "not_a_digit"]),
        tuple("abcdef"),
    )


def test_figures_by_hand() -> None:
    """Error over all digits, error of the answered ones, abstentions; no-digits counted apart."""
    figures = by_hand().figures()
    assert figures["images"] == 6
    assert figures["error"] == 0.25
    assert figures["abstained"] == 0.25
    assert figures["reasons"] == {"ambiguous": 1}
    assert figures["answered_error"] == pytest.approx(1 / 3)
    assert figures["calibration_error"] == pytest.approx((0.01 + 0.2 + 0.7 + 0.7) / 4, abs=1e-5)
    assert figures["non_digits"] == 2
    assert figures["non_digits_answered"] == figures["non_digits_sure"] == 0.5


def test_confusion_counts_digits_only() -> None:
    """Rows are true digits, columns digits read."""
    confusion = by_hand().confusion()
    assert confusion.sum() == 4
    assert confusion[3, 8] == 1
    assert confusion[4, 4] == 1


def test_abstention_by_hand() -> None:
    """The surest first: right, wrong (no digit), right, wrong, right, wrong."""
    curve = abstention(by_hand())
    assert curve.x == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert curve.y == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4, 2 / 5, 3 / 6])


def test_reliability_by_hand() -> None:
    """Mean confidence and share right in each bin that has pictures."""
    curve, counts = reliability(by_hand(), bins=2)
    assert counts == (2, 4)
    assert curve.x == pytest.approx([0.25, (0.99 + 0.8 + 0.7 + 0.95) / 4], abs=1e-6)
    assert curve.y == pytest.approx([0.5, 0.5])
