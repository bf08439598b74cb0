"""Pictures changed against the network: how far, which way, and that learning from them works."""

import numpy as np
import pytest

from model import adversary
from model.arrays import Array
from model.backprop import Backpropagation
from model.dataset import Split
from model.form import PIXELS
from model.losses import LOSSES, desired_outputs
from model.network import Network, as_inputs
from model.parameters import Parameters
from model.training import Trainer, train
from tests.model.conftest import small_config

LOSS = LOSSES["cross_entropy"]
MOST = 0.5


def passes(n: int) -> tuple[Parameters, Backpropagation]:
    """A small network's weights and passes for mini-batches of n."""
    network = Network.create((12, 9), "relu", np.random.default_rng(2))
    return Parameters.of(network), Backpropagation(network.sizes, "relu", LOSS, n)


def pictures(n: int) -> tuple[Array, Array]:
    """Inputs well inside [0, 1], and desired outputs."""
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 10, n).astype(np.uint8)
    return rng.uniform(0.3, 0.7, (n, PIXELS)).astype(np.float32), desired_outputs(labels, 0.1)


def test_the_gradient_of_the_inputs_is_that_of_finite_differences() -> None:
    """A pixel moved a little either way changes the loss as the gradient says."""
    parameters, backpropagation = passes(3)
    inputs, desired = pictures(3)
    backpropagation.forward(parameters, inputs)
    gradient = backpropagation.input_gradient(parameters, desired)
    network = parameters.freeze(["relu", "relu", "softmax"])
    step = np.float32(1e-2)
    for row, column in [(0, 0), (1, 300), (2, 783)]:
        moved = [inputs.copy(), inputs.copy()]
        moved[0][row, column] += step
        moved[1][row, column] -= step
        up, down = (LOSS.value(network.forward(x), desired).astype(np.float64).mean() for x in moved)
        assert gradient[row, column] == pytest.approx((up - down) / (2 * step), rel=0.05, abs=1e-5)


def test_changes_are_bounded_and_raise_the_loss() -> None:
    """No picture moves further than asked, about a third do not move, and the loss of those that do is higher."""
    parameters, backpropagation = passes(200)
    inputs, desired = pictures(200)
    before = inputs.copy()
    loss = LOSS.value(backpropagation.forward(parameters, inputs).copy(), desired).copy()
    adversary.change(inputs, desired, parameters, backpropagation, most=MOST, rng=np.random.default_rng(1))
    lengths = np.linalg.norm(inputs - before, axis=1)
    assert lengths.max() <= MOST * 1.001
    moved = lengths > 0.01
    assert 0.5 < moved.mean() < 0.8
    after = LOSS.value(backpropagation.forward(parameters, inputs), desired)
    assert (after[moved] > loss[moved]).mean() > 0.99
    np.testing.assert_array_equal(inputs[lengths == 0], before[lengths == 0])


def test_changed_pictures_stay_pictures() -> None:
    """Paper gets no lighter than paper and ink no darker than ink."""
    parameters, backpropagation = passes(50)
    inputs, desired = pictures(50)
    inputs[:] = np.rint(inputs)
    adversary.change(inputs, desired, parameters, backpropagation, most=10.0, rng=np.random.default_rng(1))
    assert inputs.min() == 0
    assert inputs.max() == 1


def test_learning_against_an_adversary_makes_a_network_harder_to_mislead(small_split: Split) -> None:
    """Equal trainings but for the adversary: the one with it misreads fewer changed digits."""
    errors = []
    for most in (0.0, 2.0):
        trainer = Trainer(small_config(adversarial=most, epochs=10), small_split)
        for _ in train(trainer):
            pass
        network = trainer.freeze()
        inputs = as_inputs(small_split.validation.images)
        desired = desired_outputs(small_split.validation.labels, 0.0)
        parameters = Parameters.of(network)
        backpropagation = Backpropagation(network.sizes, "relu", LOSS, len(inputs))
        adversary.change(inputs, desired, parameters, backpropagation, most=2.0, rng=np.random.default_rng(1))
        errors.append(float((network.forward(inputs).argmax(1) != small_split.validation.labels).mean()))
    assert errors[1] < 0.85 * errors[0], errors
