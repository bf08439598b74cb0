"""Activation functions against their definitions and their slopes against finite differences."""

import numpy as np
import pytest

from model.activations import ACTIVATIONS, softmax

Z = np.array([[-30.0, -2.5, -0.3, 0.2, 1.7, 30.0]], np.float32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmoid", [0.0, 0.07586, 0.42556, 0.54983, 0.84553, 1.0]),
        ("tanh", [-1.0, -0.98661, -0.29131, 0.19738, 0.93541, 1.0]),
        ("relu", [0.0, 0.0, 0.0, 0.2, 1.7, 30.0]),
        ("leaky_relu", [-0.3, -0.025, -0.003, 0.2, 1.7, 30.0]),
        ("gelu", [0.0, -0.0151, -0.1146, 0.1159, 1.6240, 30.0]),
    ],
)
def test_activations_match_tabulated_values(name: str, expected: list[float]) -> None:
    """Each function gives the values of its definition, worked out apart from the code."""
    out = np.empty_like(Z)
    ACTIVATIONS[name].forward(Z, out)
    np.testing.assert_allclose(out[0], expected, atol=3e-4)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations_may_write_over_their_input(name: str) -> None:
    """Forward in place gives the same as forward into another array."""
    apart, in_place = np.empty_like(Z), Z.copy()
    ACTIVATIONS[name].forward(Z, apart)
    ACTIVATIONS[name].forward(in_place, in_place)
    np.testing.assert_array_equal(in_place, apart)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_slopes_match_finite_differences(name: str) -> None:
    """The slope by which backward multiplies is that of forward."""
    activation, step = ACTIVATIONS[name], np.float32(1e-2)
    z = np.array([[-3.1, -1.2, -0.4, 0.3, 0.9, 2.6]], np.float32)
    above, below, a = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    activation.forward(z + step, above)
    activation.forward(z - step, below)
    activation.forward(z, a)
    delta = np.full_like(z, 2.0)
    activation.backward(z, a, delta)
    np.testing.assert_allclose(delta, 2 * (above - below) / (2 * step), atol=2e-3)


def test_softmax_is_a_distribution_even_for_huge_sums() -> None:
    """Sums of a thousand neither overflow nor leave the ten activations short of 1."""
    a = softmax(np.array([[1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]], np.float32))
    np.testing.assert_allclose(a, [[0.731059, 0.268941, 0.0], [1 / 3, 1 / 3, 1 / 3]], atol=1e-6)
