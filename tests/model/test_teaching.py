"""A network that learns what another one answers."""

from dataclasses import replace

import numpy as np
import pytest

from model.arrays import Array
from model.checkpoint import restore, save_checkpoint
from model.dataset import Split
from model.errors import ConfigInvalid
from model.losses import DIGITS
from model.network import Network, as_inputs
from model.teaching import SHARE, taught
from model.threads import blas_threads
from model.training import Trained, Trainer, train
from tests.model.conftest import small_config


def network(seed: int = 1) -> Network:
    """An untrained network."""
    return Network.create((8,), "relu", np.random.default_rng(seed))


def some_inputs() -> Array:
    """Five pictures of random greys."""
    return np.random.default_rng(2).random((5, 784), np.float32)


def test_desired_outputs_lie_between_label_and_teacher() -> None:
    """By the share, worked out for each of the ten, whether it reads the pictures rightly or not."""
    inputs, teacher = some_inputs(), network()
    desired = np.eye(DIGITS, dtype=np.float32)[:5]
    before = desired.copy()
    expected = SHARE * teacher.forward(inputs) + (1 - SHARE) * desired
    np.testing.assert_allclose(taught(desired, inputs, [teacher]), expected, atol=1e-7)
    np.testing.assert_array_equal(desired, before)


def test_a_teacher_that_misreads_what_another_one_reads_is_not_heard() -> None:
    """Of what both misread, both are."""
    inputs, one, other = some_inputs(), network(), network(2)
    desired = np.eye(DIGITS, dtype=np.float32)[other.forward(inputs).argmax(axis=1)]
    assert (one.forward(inputs).argmax(axis=1) != desired.argmax(axis=1)).all()
    heard = (1 - SHARE) * desired + SHARE * other.forward(inputs)
    np.testing.assert_allclose(taught(desired, inputs, [one, other]), heard, atol=1e-7)
    wrong = np.roll(desired, 1, axis=1)
    wrong[wrong.argmax(axis=1) == one.forward(inputs).argmax(axis=1)] = 0.1
    both = (1 - SHARE) * wrong + SHARE * (one.forward(inputs) + other.forward(inputs)) / 2
    np.testing.assert_allclose(taught(wrong, inputs, [one, other]), both, atol=1e-7)


def test_desired_outputs_have_the_sum_one() -> None:
    """They are probabilities, as those of the labels are."""
    desired = np.full((5, DIGITS), 0.1, np.float32)
    np.testing.assert_allclose(
        taught(desired, some_inputs(), [network(), network(2)]).sum(axis=1), 1, atol=1e-6
    )


def test_a_pupil_comes_nearer_to_its_teacher_than_labels_bring_it(
    small_split: Split, small_trained: Trained
) -> None:
    """Its outputs for digits that neither has learned from are more like the teacher's."""
    few = Split(small_split.training.take(slice(0, 300)), small_split.validation)
    inputs = as_inputs(small_split.validation.images)
    wanted = small_trained.network.forward(inputs)
    apart = []
    for config in (small_config(epochs=20), small_config(epochs=20, teachers=("1",))):
        trainer = Trainer(config, few, teachers=[small_trained.network] if config.teachers else ())
        for _ in train(trainer):
            pass
        apart.append(np.abs(trainer.freeze().forward(inputs) - wanted).mean())
    assert apart[1] < 0.85 * apart[0]


def test_labels_correct_a_teacher_that_errs(small_split: Split) -> None:
    """One that knows nothing does not keep its pupil from reading what it learned from."""
    few = small_split.training.take(slice(0, 20))
    config = small_config(epochs=60, batch_size=10, teachers=("1",))
    trainer = Trainer(config, Split(few, few), teachers=[network()])
    reports = list(train(trainer))
    assert reports[-1].validation_error == 0


def test_several_teachers_are_averaged() -> None:
    """Each has as much to say as the others."""
    inputs, one, other = some_inputs(), network(), network(2)
    desired = np.full((5, DIGITS), 0.1, np.float32)
    expected = (1 - SHARE) * desired + SHARE * (one.forward(inputs) + other.forward(inputs)) / 2
    np.testing.assert_allclose(taught(desired, inputs, [one, other]), expected, atol=1e-7)


@pytest.mark.parametrize("given", [0, 2])
def test_the_teachers_that_are_named_must_be_there(given: int, small_split: Split) -> None:
    """Neither fewer nor more."""
    with pytest.raises(ConfigInvalid, match="expected the networks of these versions"):
        Trainer(small_config(teachers=("7",)), small_split, teachers=[network()] * given)


def test_a_restored_pupil_ends_with_the_same_bits(small_split: Split) -> None:
    """Against an adversary too: both the pupil and its teacher read the changed pictures."""
    few = Split(small_split.training.take(slice(0, 300)), small_split.validation)
    config = replace(small_config(teachers=("1",)), adversarial=0.5)
    undisturbed, stopped = (Trainer(config, few, teachers=[network()]) for _ in range(2))
    for _ in train(undisturbed):
        pass
    with blas_threads(config.threads):
        stopped.learn_batch()
    restored = restore(config, few, save_checkpoint(stopped), teachers=[network()])
    for _ in train(restored):
        pass
    assert restored.parameters.vector.tobytes() == undisturbed.parameters.vector.tobytes()
