"""What the detector makes of hidden activations and pixels."""

import numpy as np
import pytest

from model.detector import DIGIT, NON_DIGIT, detector_sizes, digit_score
from model.network import Layer, Network


@pytest.mark.parametrize("batch", [1, 5])
def test_the_score_is_the_difference_of_its_two_outputs(batch: int) -> None:
    """As a network of that size gives for the hidden activations and the pixels, one after the other."""
    rng = np.random.default_rng(3)
    network = Network.create((40,), "relu", rng)
    sizes = detector_sizes(network)
    detector = Network(
        tuple(
            Layer(
                rng.normal(0, 0.1, (n_in, n_out)).astype(np.float32),
                rng.normal(0, 1, n_out).astype(np.float32),
                name,
            )
            for n_in, n_out, name in zip(sizes, sizes[1:], ("relu", "softmax"), strict=False)
        )
    )
    inputs = rng.random((batch, 784), np.float32)
    hidden = network.hidden_and_logits(inputs)[0]
    z = detector.logits(np.concatenate([hidden, inputs], axis=1))
    np.testing.assert_allclose(
        digit_score(detector, hidden, inputs), z[:, DIGIT] - z[:, NON_DIGIT], rtol=1e-4, atol=1e-5
    )
