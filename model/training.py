"""Learning: mini-batch after mini-batch, epoch after epoch, resumable between any two of them.

``train`` is the loop to read first. The ``Trainer`` owns every array that changes; it is the only place in the package
where weights are mutable. Whatever is random in a mini-batch comes from a generator seeded with (seed, epoch, batch):
where the training stands is then two numbers, and a training that was stopped and restored goes on to the same bits.
"""

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from model import adversary, honesty
from model.arrays import Array
from model.backprop import Backpropagation
from model.calibration import Calibration
from model.config import NetworkConfig, TrainingConfig
from model.dataset import Split
from model.errors import ConfigInvalid, DataError, Diverged
from model.evaluation import Evaluation, error_interval, evaluate
from model.growth import config_of, grown, require_larger
from model.idle import without_idle
from model.losses import LOSSES
from model.mini_batches import MiniBatches, Purpose, generator
from model.network import Network
from model.optimizer import AdamW, Average, Optimizer, Sgd
from model.parameters import Parameters
from model.progress import EpochReport, Progress
from model.revision import REVISION
from model.schedules import rate_factor
from model.synthetic import synthetic_digits
from model.teaching import taught
from model.threads import blas_threads

LOOKED_AT = 20_000
"""Training pictures, varied, of which one at least must activate a neuron for it to be published. A training that has fewer
cannot tell which of its neurons are idle, and publishes all."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a finished training hands out.

    Attributes:
        network: frozen.
        calibration: fitted on the validation digits, with the detector.
        history: one report an epoch.
        evaluation: of the network on the validation digits.
        revisions: of the code that trained it, oldest first; several if a checkpoint was resumed by newer code.
    """

    network: Network
    calibration: Calibration
    history: tuple[EpochReport, ...]
    evaluation: Evaluation
    revisions: tuple[str, ...]

    def metrics(self) -> dict[str, Any]:
        """Return the figures that a manifest keeps; errors are fractions of 1."""
        n = int(self.evaluation.confusion.sum())
        errors = n - int(np.trace(self.evaluation.confusion))
        low, high = error_interval(errors, n)
        return {
            "validation_images": n,
            "validation_error": self.evaluation.error,
            "validation_error_interval": [round(low, 6), round(high, 6)],
            "validation_loss": round(self.evaluation.loss, 6),
            "training_loss": round(self.history[-1].loss, 6) if self.history else None,
        }


class Trainer:
    """The mutable state of one training.

    Attributes:
        epoch: epochs ended.
        batch: mini-batches done of the epoch under way.
        batch_size: pictures in a mini-batch.
        batches: mini-batches of an epoch.
        history: one report for each ended epoch.
        revisions: of the code that has trained so far.
    """

    def __init__(
        self,
        config: TrainingConfig,
        data: Split,
        start: Network | None = None,
        teachers: Sequence[Network] = (),
    ) -> None:
        """Prepare a training.

        Args:
            config: what to do.
            data: digits to learn from and digits held out; synthetic digits are added to the former.
            start: the network to go on from; None for random weights.
            teachers: the networks that the configuration names as such; their outputs are learned beside the labels.

        Raises:
            ConfigInvalid: the configuration names a network that ``start`` cannot grow into, or keeps a part of a start that
                there is none of, or names other teachers than are given.
            DataError: there is nothing to learn from.
        """
        if len(data.training) == 0:
            raise DataError("expected at least one picture to learn from, got none")
        self.config = config
        if config.synthetic:
            made = synthetic_digits(
                data.training, config.synthetic, generator(config.seed, Purpose.SYNTHETIC)
            )
            data = Split(data.training.joined(made), data.validation)
        self.data = data
        self.network_config = network_config(config, start)
        if config.keep_start and start is None:
            raise ConfigInvalid("keep_start", "expected a version in start_from to keep a part of")
        if len(config.teachers) != len(teachers):
            raise ConfigInvalid(
                "teachers", "expected the networks of these versions to learn from, and no others"
            )
        self._teachers = tuple(teachers)
        network = self._first_network(start)
        self.parameters = Parameters.of(network)
        self._start = self.parameters.vector.copy() if config.keep_start else None
        self.activation_names = [layer.activation for layer in network.layers]
        self.optimizer: Optimizer = (
            AdamW(self.parameters.vector.size, config.weight_decay)
            if config.optimizer == "adamw"
            else Sgd(self.parameters.vector.size, config.momentum, config.weight_decay)
        )
        self.average = Average(self.parameters.vector, config.average) if config.average else None
        self._mini_batches = MiniBatches(config, data.training)
        self.batch_size, self.batches = self._mini_batches.size, self._mini_batches.an_epoch
        self.epoch, self.batch, self.loss_sum = 0, 0, 0.0
        self.history: list[EpochReport] = []
        self.revisions = [REVISION]
        self._loss = LOSSES[config.loss]
        self._backpropagation = Backpropagation(
            network.sizes, self.network_config.activation, self._loss, self.batch_size
        )

    @property
    def steps(self) -> int:
        """Mini-batches of the whole training."""
        return self.config.epochs * self.batches

    @property
    def step(self) -> int:
        """Mini-batches done."""
        return self.epoch * self.batches + self.batch

    @property
    def finished(self) -> bool:
        """Whether every epoch has ended."""
        return self.epoch >= self.config.epochs

    def _first_network(self, start: Network | None) -> Network:
        hidden, rng = self.network_config.hidden, generator(self.config.seed, Purpose.START)
        if start is None:
            return Network.create(hidden, self.network_config.activation, rng)
        return start if start.sizes[1:-1] == hidden else grown(start, hidden, rng)

    def learn_batch(self) -> None:
        """Learn from the next random mini-batch: forward, backward, and a step along the gradient.

        Raises:
            Diverged: the loss is no longer a finite number.
        """
        step = self.step + 1
        inputs, desired = self._mini_batches.take(step, more=step < self.steps)
        if self.config.adversarial:
            adversary.change(
                inputs,
                desired,
                self.parameters,
                self._backpropagation,
                most=self.config.adversarial,
                rng=generator(self.config.seed, Purpose.ADVERSARY, self.epoch, self.batch),
            )
        if self._teachers:
            desired = taught(desired, inputs, self._teachers)
        outputs = self._backpropagation.forward(self.parameters, inputs)
        loss = float(self._loss.value(outputs, desired).mean())
        if not np.isfinite(loss):
            raise Diverged(
                f"the loss became {loss} in epoch {self.epoch + 1}; a lower learning rate may help"
            )
        rate = self.config.learning_rate * rate_factor(self.config.schedule, step, self.steps)
        for layer, gradient in self._backpropagation.layer_gradients(self.parameters, desired):
            parameters = self.parameters.vector[layer]
            self.optimizer.step(parameters, gradient, rate, step, layer.start)
            if self.average:
                self.average.step(parameters, step, layer.start)
        self.loss_sum += loss
        self.batch += 1

    def preparing_ahead(self) -> AbstractContextManager[None]:
        """Make each mini-batch while the network learns from the one before, where that pays, until the block is left."""
        return self._mini_batches.preparing_ahead(self.parameters.vector.size)

    def end_epoch(self) -> None:
        """Read the held-out digits and begin the next epoch."""
        error = evaluate(self.freeze(), self.data.validation).error
        self.history.append(EpochReport(self.epoch + 1, self.loss_sum / self.batches, error))
        self.epoch, self.batch, self.loss_sum = self.epoch + 1, 0, 0.0

    def freeze(self) -> Network:
        """Return a frozen copy of the network as it is now.

        That is the average of the weights where one is kept, and with ``keep_start`` a point between the network that the
        training began with and this. Source: Wortsman et al. 2022, Robust fine-tuning of zero-shot models, section 3.

        Raises:
            Diverged: a weight is not a finite number.
        """
        vector = self.average.vector if self.average else self.parameters.vector
        if self._start is not None:
            share = np.float32(self.config.keep_start)
            vector = share * self._start + (np.float32(1) - share) * vector
        if not np.isfinite(vector).all():
            raise Diverged("a weight is no longer a finite number; a lower learning rate may help")
        published = Parameters.zeros(self._sizes)
        published.vector[:] = vector
        return published.freeze(self.activation_names)

    @property
    def _sizes(self) -> tuple[int, ...]:
        weights = self.parameters.weights
        return (weights[0].shape[0], *(weight.shape[1] for weight in weights))

    def result(self) -> Trained:
        """Return the network as it is now, without neurons known to be idle, with its calibration and its figures."""
        with blas_threads(self.config.threads):
            network = self.freeze()
            if self._mini_batches.pictures >= LOOKED_AT:
                network = without_idle(network, self._mini_batches.varied(LOOKED_AT))
            evaluation = evaluate(network, self.data.validation)
            passes = honesty.detector_passes(self.config)
            fitted = honesty.fit(network, self.data, self.config.seed, passes)
        return Trained(network, fitted, tuple(self.history), evaluation, tuple(self.revisions))

    def state(self) -> dict[str, Array]:
        """Return the arrays that change, for a checkpoint to read or to write into."""
        arrays = {"parameters": self.parameters.vector, **self.optimizer.state}
        if self.average:
            arrays["average"] = self.average.vector
        return arrays

    def move_to(self, epoch: int, batch: int, loss_sum: float, history: list[EpochReport]) -> None:
        """Stand where another run of this training stood; its arrays go into ``state()``."""
        self.epoch, self.batch, self.loss_sum, self.history = epoch, batch, loss_sum, history


def network_config(config: TrainingConfig, start: Network | None) -> NetworkConfig:
    """Return the network that a configuration means: without a name for it, that of ``start`` or the usual one.

    Raises:
        ConfigInvalid: it names one that the network to go on from cannot grow into.
    """
    if start is None:
        return config.network or NetworkConfig()
    before = config_of(start.sizes, [layer.activation for layer in start.layers])
    if config.network is None or config.network == before:
        return before
    require_larger(before, config.network)
    return config.network


def train(trainer: Trainer, slice_seconds: float = 1.0, *, ahead: bool = False) -> Generator[Progress]:
    """Go on until the training has finished, yielding a report about every ``slice_seconds`` and after each epoch.

    Between two reports the trainer is at rest: it may be checkpointed, or the iterator closed to stop early.

    Args:
        trainer: where the training stands.
        slice_seconds: between two reports.
        ahead: whether a core that matrix products leave free may make the next mini-batch; the bits are the same.

    Raises:
        Diverged: the loss or a weight is no longer a finite number.
    """
    pace = _Pace(trainer)
    with blas_threads(trainer.config.threads), trainer.preparing_ahead() if ahead else nullcontext():
        while not trainer.finished:
            slice_end = perf_counter() + slice_seconds
            while trainer.batch < trainer.batches:
                trainer.learn_batch()
                if perf_counter() >= slice_end:
                    break
            ended = trainer.batch == trainer.batches
            if ended:
                trainer.end_epoch()
            yield pace.progress(ended)


class _Pace:
    """How fast this run of a training is going."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._began, self._first_step = perf_counter(), trainer.step

    def progress(self, ended: bool) -> Progress:
        trainer = self._trainer
        seconds = perf_counter() - self._began
        steps = trainer.step - self._first_step
        last = trainer.history[-1] if trainer.history else None
        return Progress(
            epoch=trainer.epoch + (0 if ended else 1),
            epochs=trainer.config.epochs,
            fraction=trainer.step / trainer.steps,
            loss=last.loss if ended and last else trainer.loss_sum / max(1, trainer.batch),
            validation_error=last.validation_error if last else None,
            images_per_second=steps * trainer.batch_size / seconds if steps else None,
            seconds_left=(trainer.steps - trainer.step) * seconds / steps if steps else None,
            epoch_ended=ended,
        )
