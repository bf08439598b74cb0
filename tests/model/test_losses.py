"""Losses by hand, and their gradients against finite differences."""

import numpy as np
import pytest

from model.activations import softmax
from model.losses import LOSSES, desired_outputs


def test_desired_outputs_are_one_for_the_true_digit() -> None:
    """Without smoothing the true digit is wished to be 1 and the others 0."""
    np.testing.assert_array_equal(desired_outputs(np.array([2], np.uint8)), np.eye(10, dtype=np.float32)[[2]])


def test_smoothing_spreads_its_share_evenly() -> None:
    """Of a smoothing of 0.1 each digit gets 0.01, and each row still sums to 1."""
    desired = desired_outputs(np.array([0, 9], np.uint8), 0.1)
    assert desired[0, 0] == pytest.approx(0.91)
    assert desired[1, 0] == pytest.approx(0.01)
    np.testing.assert_allclose(desired.sum(axis=1), 1, rtol=1e-6)


def test_losses_worked_out_by_hand() -> None:
    """For outputs (0.7, 0.2, 0.1) and the first desired: -ln 0.7, and half of 0.09 + 0.04 + 0.01."""
    a = np.array([[0.7, 0.2, 0.1]], np.float32)
    y = np.array([[1.0, 0.0, 0.0]], np.float32)
    assert LOSSES["cross_entropy"].value(a, y)[0] == pytest.approx(0.356675, abs=1e-5)
    assert LOSSES["squared_error"].value(a, y)[0] == pytest.approx(0.07, abs=1e-6)


def test_cross_entropy_of_a_zero_output_is_large_but_finite() -> None:
    """An output that underflowed to zero does not make the loss infinite."""
    loss = LOSSES["cross_entropy"].value(
        np.array([[0.0, 1.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    )
    assert 80 < loss[0] < 100


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_deltas_match_finite_differences(name: str) -> None:
    """The delta is the gradient of the loss with respect to the logits, softmax included."""
    loss, step = LOSSES[name], 1e-2
    rng = np.random.default_rng(3)
    z = rng.normal(size=(4, 10)).astype(np.float32)
    y = desired_outputs(np.array([3, 1, 4, 1], np.uint8), 0.1)
    delta = np.empty_like(z)
    loss.delta(softmax(z.copy()), y, delta)
    for k in range(10):
        nudge = np.zeros_like(z)
        nudge[:, k] = step
        numeric = (loss.value(softmax(z + nudge), y) - loss.value(softmax(z - nudge), y)) / (2 * step)
        np.testing.assert_allclose(delta[:, k], numeric, atol=1e-3)
