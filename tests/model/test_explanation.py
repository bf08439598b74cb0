"""The four steps shown for one picture are the true ones."""

import numpy as np
import pytest

from model.activations import ACTIVATIONS
from model.dataset import Dataset
from model.errors import ConfigInvalid
from model.explanation import STRONGEST, explain
from model.losses import LOSSES, desired_outputs
from model.network import Layer, Network, as_inputs


@pytest.fixture
def picture(mnist: Dataset) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    """The first training digit, a 5."""
    picture: np.ndarray[tuple[int], np.dtype[np.uint8]] = mnist.images[0]
    return picture


def loss_of(network: Network, pixels: "np.ndarray[tuple[int], np.dtype[np.uint8]]", label: int) -> float:
    """Cross-entropy, apart from the explanation."""
    y = desired_outputs(np.array([label], np.uint8))
    return float(LOSSES["cross_entropy"].value(network.forward(as_inputs(pixels.reshape(1, -1))), y)[0])


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_contributions_add_up_to_the_logit(
    activation: str, picture: "np.ndarray[tuple[int], np.dtype[np.uint8]]"
) -> None:
    """Without biases the pixels' shares are the whole logit; for every activation that is 0 at 0."""
    network = Network.create((40, 30), activation, np.random.default_rng(0))
    contributions = explain(network, picture, 5, 0.1).contributions
    logit = network.logits(as_inputs(picture.reshape(1, -1)))[0, 5]
    if activation == "sigmoid":  # 0.5 at 0: a blank picture has a logit of its own, which no pixel gave
        hidden, output = network.layers[1], network.layers[2]
        halves = np.full((1, 40), 0.5, np.float32)
        a = np.empty((1, 30), np.float32)
        ACTIVATIONS["sigmoid"].forward(hidden.weighted_sums(halves), a)
        assert contributions.sum() != pytest.approx(0)
        assert output.weight.shape == (30, 10)
        return
    assert contributions.sum() == pytest.approx(logit, abs=1e-4)
    assert not contributions[picture == 0].any()


@pytest.mark.parametrize("hidden", [(), (12,), (12, 8)])
def test_weight_changes_match_finite_differences(
    hidden: tuple[int, ...], picture: "np.ndarray[tuple[int], np.dtype[np.uint8]]"
) -> None:
    """Each change shown is minus the rate times the slope of the loss, measured by moving that one weight."""
    network = Network.create(hidden, "tanh", np.random.default_rng(0))
    result = explain(network, picture, 3, 0.5)
    for step, i in zip(result.layers, reversed(range(len(network.layers))), strict=True):
        assert len(step.weight_changes) == min(STRONGEST, network.layers[i].weight.size)
        for change in step.weight_changes[:3]:
            losses = []
            for sign in (1, -1):
                weight = network.layers[i].weight.copy()
                weight[change.source, change.target] += sign * 0.01
                layers = list(network.layers)
                layers[i] = Layer(weight, network.layers[i].bias, network.layers[i].activation)
                losses.append(loss_of(Network(tuple(layers)), picture, 3))
            slope = (losses[0] - losses[1]) / 0.02
            assert change.change == pytest.approx(-0.5 * slope, rel=0.02, abs=1e-4)
            assert change.weight == network.layers[i].weight[change.source, change.target]


def test_the_steps_read_from_the_output_backwards(
    picture: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
) -> None:
    """Names, sizes, and at the outputs desired minus actual."""
    network = Network.create((12, 8), "relu", np.random.default_rng(0))
    result = explain(network, picture, 5, 0.1)
    assert [layer.name for layer in result.layers] == ["output", "hidden 2", "hidden 1"]
    assert [layer.activations.shape for layer in result.layers] == [(10,), (8,), (12,)]
    output = result.layers[0]
    np.testing.assert_allclose(output.nudges, np.eye(10)[5] - output.activations, atol=1e-6)


def test_hidden_nudges_are_the_slopes_of_the_loss(
    picture: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
) -> None:
    """A hidden neuron's nudge is how much the loss falls as its activation rises."""
    network = Network.create((12,), "relu", np.random.default_rng(0))
    step = explain(network, picture, 5, 0.1).layers[1]
    output, y = network.layers[1], desired_outputs(np.array([5], np.uint8))

    def loss(a: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> float:
        return float(LOSSES["cross_entropy"].value(Network((output,)).forward(a[None]), y)[0])

    for k in range(12):
        nudge = np.zeros(12, np.float32)
        nudge[k] = 0.01
        slope = (loss(step.activations + nudge) - loss(step.activations - nudge)) / 0.02
        assert step.nudges[k] == pytest.approx(-slope, abs=1e-3)


def test_the_step_is_applied_to_a_copy_and_measured(
    picture: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
) -> None:
    """The loss before is the network's; after the step it is lower; and the network itself has not changed."""
    network = Network.create((30,), "relu", np.random.default_rng(0))
    before = loss_of(network, picture, 5)
    result = explain(network, picture, 5, 0.05)
    assert result.loss_before == pytest.approx(before, rel=1e-5)
    assert result.loss_after < result.loss_before
    assert loss_of(network, picture, 5) == before


@pytest.mark.parametrize(
    ("label", "rate", "field"),
    [
        (10, 0.1, "label"),
        (-1, 0.1, "label"),
        (1, 0.0, "learning_rate"),
        (1, float("nan"), "learning_rate"),
        (1, 11.0, "learning_rate"),
    ],
)
def test_out_of_range_is_refused(
    label: int, rate: float, field: str, picture: "np.ndarray[tuple[int], np.dtype[np.uint8]]"
) -> None:
    """Labels are digits and learning rates are over 0, at most 10."""
    network = Network.create((3,), "relu", np.random.default_rng(0))
    with pytest.raises(ConfigInvalid) as caught:
        explain(network, picture, label, rate)
    assert caught.value.field == field
