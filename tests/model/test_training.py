"""Learning, from a handful of digits to a real network, and its bits."""

import json
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from model.checkpoint import restore, save_checkpoint
from model.config import NetworkConfig, TrainingConfig
from model.dataset import Dataset, Split
from model.errors import CheckpointInvalid, ConfigInvalid, DataError, Diverged
from model.network import Network, as_inputs
from model.novelty.nondigits import non_digits
from model.progress import Progress
from model.revision import REVISION
from model.tensors import read_metadata
from model.threads import blas_threads
from model.training import Trained, Trainer, train
from tests.model.conftest import small_config


def run(trainer: Trainer) -> list[Progress]:
    """Train to the end."""
    return list(train(trainer))


def bits(trainer: Trainer) -> bytes:
    """The weights, byte for byte."""
    return trainer.parameters.vector.tobytes()


def test_a_handful_of_digits_is_learned_perfectly(small_split: Split) -> None:
    """A network with enough neurons reads the 20 digits it learned from without a mistake."""
    few = small_split.training.take(slice(0, 20))
    trainer = Trainer(small_config(epochs=60, batch_size=10, label_smoothing=0.0), Split(few, few))
    reports = run(trainer)
    assert reports[-1].validation_error == 0
    assert reports[-1].loss < 0.05


def test_a_small_network_learns_mnist(mnist: Dataset, small_trained: Trained) -> None:
    """1,200 digits and a second are enough to read five in six of digits never seen."""
    assert small_trained.evaluation.error < 0.2
    assert [report.epoch for report in small_trained.history] == [1, 2, 3]
    assert small_trained.history[-1].loss < small_trained.history[0].loss


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "learning_rate": 0.1},
        {"loss": "squared_error", "learning_rate": 0.01},
        {"network": NetworkConfig((24, 16), "gelu"), "learning_rate": 0.01},
        {"network": NetworkConfig((24,), "sigmoid"), "learning_rate": 0.01},
        {"network": NetworkConfig((), "relu"), "learning_rate": 0.01},
        {"schedule": "one_cycle", "learning_rate": 0.01},
        {"average": 0.9, "augmentation": "standard", "learning_rate": 0.01},
    ],
)
def test_every_kind_of_training_learns(changes: dict[str, object], small_split: Split) -> None:
    """Each optimiser, loss, activation and schedule leaves chance (an error of 0.9) far behind."""
    trainer = Trainer(small_config(**changes), small_split)
    reports = run(trainer)
    error = reports[-1].validation_error
    assert error is not None
    assert error < 0.45


def test_equal_seeds_give_equal_weights_and_others_do_not(small_split: Split) -> None:
    """Everything random comes from the seed."""
    first, again, other = (
        Trainer(small_config(seed=s, augmentation="standard"), small_split) for s in (5, 5, 6)
    )
    for trainer in (first, again, other):
        run(trainer)
    assert bits(first) == bits(again) != bits(other)


@pytest.mark.parametrize(
    "changes",
    [
        {"average": 0.99},
        {"optimizer": "sgd"},
        {"augmentation": "standard"},
        {"non_digits": 100},
        {"adversarial": 0.5},
    ],
)
def test_a_restored_training_ends_with_the_same_bits(changes: dict[str, object], small_split: Split) -> None:
    """Stopped anywhere, even within an epoch, and restored from its checkpoint, it goes on as if undisturbed."""
    config = small_config(**changes)
    undisturbed = Trainer(config, small_split)
    run(undisturbed)
    stopped = Trainer(config, small_split)
    with blas_threads(config.threads):
        for _ in range(stopped.batches + 7):
            if stopped.batch == stopped.batches:
                stopped.end_epoch()
            stopped.learn_batch()
    restored = restore(config, small_split, save_checkpoint(stopped))
    run(restored)
    assert bits(restored) == bits(undisturbed)
    after, before = restored.result(), undisturbed.result()
    assert after.history == before.history
    np.testing.assert_array_equal(after.evaluation.logits, before.evaluation.logits)


def test_preparing_ahead_changes_no_bits(small_split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a free core, the thread that prepares the next mini-batch leaves the weights as they are, also after a stop."""
    monkeypatch.setattr("model.mini_batches.cores", lambda: 2)
    monkeypatch.setattr("model.mini_batches.AHEAD_FROM", 0)
    config = TrainingConfig(network=NetworkConfig((20,)), epochs=2, batch_size=32, non_digits=50)
    alone, ahead = Trainer(config, small_split), Trainer(config, small_split)
    run(alone)
    stopped = train(ahead, slice_seconds=0, ahead=True)
    for _ in range(3):
        next(stopped)
    stopped.close()
    assert ahead.step == 3
    for _ in train(ahead, ahead=True):
        pass
    assert bits(ahead) == bits(alone)


def test_stopping_between_reports_loses_nothing(small_split: Split) -> None:
    """Closing the iterator leaves a trainer that can be checkpointed and goes on to the same bits."""
    config = small_config()
    undisturbed, stopped = Trainer(config, small_split), Trainer(config, small_split)
    run(undisturbed)
    with closing(train(stopped, slice_seconds=0)) as reports:
        next(reports)
    assert not stopped.finished
    run(stopped)
    assert bits(stopped) == bits(undisturbed)


def test_a_checkpoint_of_another_training_is_refused(small_split: Split) -> None:
    """Another seed, other data, or a torn file: going on would not give the bits that were promised."""
    config = small_config()
    checkpoint = save_checkpoint(Trainer(config, small_split))
    fewer = replace(small_split, training=small_split.training.take(slice(0, 100)))
    for other_config, data in ((replace(config, seed=9), small_split), (config, fewer)):
        with pytest.raises(CheckpointInvalid, match="another training"):
            restore(other_config, data, checkpoint)
    for torn in (checkpoint[:-1], checkpoint[:50], b"", b"\xff" * 100):
        with pytest.raises(CheckpointInvalid, match="expected a whole checkpoint"):
            restore(config, small_split, torn)


def test_a_training_tells_which_code_it_was_trained_by(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed by the same code it names one revision, after an update both, from an old checkpoint an unknown one."""
    config = small_config()
    checkpoint = save_checkpoint(Trainer(config, small_split))
    assert restore(config, small_split, checkpoint).revisions == [REVISION]
    monkeypatch.setattr("model.checkpoint.REVISION", "newer")
    newer = restore(config, small_split, checkpoint)
    assert newer.revisions == [REVISION, "newer"]
    assert restore(config, small_split, save_checkpoint(newer)).revisions == [REVISION, "newer"]
    assert newer.result().revisions == (REVISION, "newer")
    where = json.loads(read_metadata(checkpoint)["numeral"])
    del where["revisions"]
    old = save(load(checkpoint), {"numeral": json.dumps(where)})
    assert restore(config, small_split, old).revisions == ["unknown", "newer"]


def test_progress_counts_from_nothing_to_all(small_split: Split) -> None:
    """Fractions rise to 1, and one report an epoch says that it ended."""
    reports = list(train(Trainer(small_config(), small_split), slice_seconds=0))
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert [report.epoch for report in reports if report.epoch_ended] == [1, 2, 3]
    assert reports[0].validation_error is None
    assert reports[-1].seconds_left == 0
    assert all(report.images_per_second and report.images_per_second > 0 for report in reports)


def test_a_result_has_no_idle_neurons_if_many_pictures_tell(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published reads the held-out digits as the whole network does; with few pictures, all neurons stay."""
    trainer = Trainer(small_config(network=NetworkConfig((60,)), epochs=1), small_split)
    whole = trainer.freeze()
    assert trainer.result().network.sizes == whole.sizes
    monkeypatch.setattr("model.training.LOOKED_AT", len(small_split.training))
    weights, biases = trainer.parameters.weights[0], trainer.parameters.biases[0]
    weights[:, 7], biases[7] = 0, -1
    published = trainer.result().network
    assert published.sizes[1] < 60
    inputs = as_inputs(small_split.training.images)
    np.testing.assert_allclose(published.forward(inputs), trainer.freeze().forward(inputs), atol=1e-6)


def test_going_on_from_a_network_takes_its_shape(small_split: Split, small_trained: Trained) -> None:
    """Without a network in the configuration the parent's is meant; a smaller one or another kind is refused."""
    config = replace(small_config(), network=None)
    trainer = Trainer(config, small_split, small_trained.network)
    assert trainer.freeze().sizes == (784, 32, 10)
    np.testing.assert_array_equal(trainer.freeze().layers[0].weight, small_trained.network.layers[0].weight)
    for network, message in (
        (NetworkConfig((31,)), "hidden layers of start_from"),
        (NetworkConfig((33,), "tanh"), "that of start_from, relu"),
    ):
        with pytest.raises(ConfigInvalid, match=message):
            Trainer(replace(config, network=network), small_split, small_trained.network)


def test_a_larger_network_grows_from_the_one_it_starts_from(
    small_split: Split, small_trained: Trained
) -> None:
    """It begins with the parent's answers, learns with its new neurons, and a resumed one ends with the same bits."""
    config = small_config(network=NetworkConfig((40, 32)), epochs=1)
    trainer = Trainer(config, small_split, small_trained.network)
    begun = trainer.freeze()
    inputs = as_inputs(small_split.validation.images)
    np.testing.assert_allclose(begun.logits(inputs), small_trained.network.logits(inputs), atol=1e-4)
    for _ in range(5):
        trainer.learn_batch()
    resumed = restore(config, small_split, save_checkpoint(trainer), small_trained.network)
    for one in (trainer, resumed):
        run(one)
    assert bits(trainer) == bits(resumed)
    assert not begun.layers[1].weight[32:].any()
    assert trainer.freeze().layers[1].weight[32:].any()


def test_part_of_the_start_is_kept_in_what_is_published(small_split: Split, small_trained: Trained) -> None:
    """A quarter of the first weights and three of the last; all of the first with 1; and a resumed training ends alike."""
    start = small_trained.network
    config = small_config(epochs=1, keep_start=0.25)
    trainer = Trainer(config, small_split, start)
    trainer.learn_batch()
    resumed = restore(config, small_split, save_checkpoint(trainer), start)
    for one in (trainer, resumed):
        run(one)
    first, last = start.layers[0].weight, trainer.parameters.weights[0]
    published = trainer.freeze().layers[0].weight
    np.testing.assert_allclose(published, 0.25 * first + 0.75 * last, atol=1e-6)
    np.testing.assert_array_equal(published, resumed.freeze().layers[0].weight)
    unmoved = Trainer(replace(config, keep_start=1.0), small_split, start)
    unmoved.learn_batch()
    np.testing.assert_array_equal(unmoved.freeze().layers[0].weight, first)


def test_without_a_start_there_is_nothing_to_keep(small_split: Split) -> None:
    """Random weights are no network to stay near to."""
    with pytest.raises(ConfigInvalid, match="expected a version in start_from"):
        Trainer(small_config(keep_start=0.5), small_split)


def test_a_checkpoint_after_the_last_mini_batch_of_an_epoch_goes_on(small_split: Split) -> None:
    """The epoch is ended first, and the bits are those of a training that was not stopped."""
    undisturbed, stopped = (Trainer(small_config(epochs=2), small_split) for _ in range(2))
    with blas_threads(stopped.config.threads):
        for _ in range(stopped.batches):
            stopped.learn_batch()
    resumed = restore(stopped.config, small_split, save_checkpoint(stopped))
    for trainer in (undisturbed, resumed):
        run(trainer)
    assert bits(undisturbed) == bits(resumed)
    assert undisturbed.history == resumed.history


def test_divergence_is_noticed(small_split: Split) -> None:
    """A rate far too high ends in numbers that are not finite, and with an error that says so."""
    config = small_config(optimizer="sgd", learning_rate=10.0, loss="cross_entropy", epochs=30, momentum=0.99)
    trainer = Trainer(config, small_split)
    trainer.parameters.vector[:] *= np.float32(1e20)
    with np.errstate(all="ignore"), pytest.raises(Diverged, match="a lower learning rate may help"):
        run(trainer)


def test_weights_that_are_not_finite_are_never_handed_out(small_split: Split) -> None:
    """One NaN among the weights is enough to refuse a result."""
    trainer = Trainer(small_config(), small_split)
    trainer.parameters.weights[0][3, 3] = np.nan
    with pytest.raises(Diverged, match="no longer a finite number"):
        trainer.freeze()


def test_nothing_to_learn_from_is_refused(small_split: Split) -> None:
    """An empty training part is an error, not a division by zero."""
    with pytest.raises(DataError, match="at least one picture"):
        Trainer(small_config(), replace(small_split, training=small_split.training.take(slice(0, 0))))


def test_a_batch_larger_than_the_data_is_cut_down(small_split: Split) -> None:
    """Five pictures and mini-batches of 64 make one mini-batch of five."""
    few = replace(small_split, training=small_split.training.take(slice(0, 5)))
    trainer = Trainer(small_config(epochs=1), few)
    assert (trainer.batch_size, trainer.batches) == (5, 1)
    run(trainer)
    assert trainer.finished


def test_the_average_is_what_is_handed_out(small_split: Split) -> None:
    """With an average kept, the frozen network is the average, not the last weights."""
    trainer = Trainer(small_config(average=0.999, epochs=1), small_split)
    run(trainer)
    assert trainer.average is not None
    frozen = trainer.freeze().layers[0].weight.ravel()
    np.testing.assert_array_equal(frozen, trainer.average.vector[: frozen.size])
    assert not np.array_equal(frozen, trainer.parameters.weights[0].ravel())


def test_a_default_training_is_the_documented_network() -> None:
    """784-1000-500-10 with ReLU, unless asked otherwise."""
    tiny = Dataset(np.zeros((4, 784), np.uint8), np.zeros(4, np.uint8))
    trainer = Trainer(TrainingConfig(), Split(tiny, tiny))
    frozen: Network = trainer.freeze()
    assert frozen.sizes == (784, 1000, 500, 10)
    assert [layer.activation for layer in frozen.layers] == ["relu", "relu", "softmax"]


def test_pictures_of_no_digit_teach_doubt(small_split: Split) -> None:
    """A network that has seen what is no digit is less sure of other pictures that are none, and still reads digits."""
    others = non_digits(small_split.validation, 200, np.random.default_rng(9))
    inputs = as_inputs(others)
    sure, errors = [], []
    for n in (0, 400):
        trainer = Trainer(small_config(non_digits=n, epochs=8), small_split)
        run(trainer)
        sure.append(trainer.freeze().forward(inputs).max(axis=1).mean())
        errors.append(trainer.history[-1].validation_error)
    assert sure[1] < 0.8 * sure[0]
    assert errors[1] < errors[0] + 0.05
