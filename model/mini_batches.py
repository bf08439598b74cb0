"""The random mini-batches of a training: digits and pictures of no digit, each varied anew, with what they are to give.

Whatever is random comes from a generator seeded with what it is for and where the training stands, so a mini-batch depends
on its number alone: whoever asks for it, and whenever, gets the same bits.
"""

from contextlib import AbstractContextManager, nullcontext
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.ahead import Ahead
from model.arrays import Array
from model.augmentation import Augmenter
from model.config import TrainingConfig
from model.dataset import Dataset
from model.form import PIXELS
from model.losses import DIGITS, desired_outputs
from model.novelty.nondigits import non_digits
from model.threads import cores

AHEAD_FROM: Final = 50_000_000
"""Pictures in a mini-batch, times weights, from which the next one is made meanwhile: 784-512-256-10 with 128 has more.
Between matrix products the interpreter lets only one of the two threads go on, so short ones gain nothing by a second."""


class Purpose(IntEnum):
    """What a generator is for."""

    START = 0
    """First weights."""
    ORDER = 1
    """The order in which an epoch sees its pictures."""
    BATCH = 2
    """Variations of a mini-batch."""
    SYNTHETIC = 3
    """Synthetic digits."""
    NON_DIGITS = 4
    """Pictures of no digit."""
    ADVERSARY = 5
    """The adversary's changes of a mini-batch."""
    IDLE = 6
    """The pictures that tell idle neurons."""


def generator(seed: int, purpose: Purpose, *position: int) -> np.random.Generator:
    """Return the generator for one purpose at one place of a training; SFC64 is the fastest NumPy has."""
    return np.random.Generator(np.random.SFC64([seed, purpose, *position]))


class MiniBatches:
    """Makes mini-batches by their numbers.

    Attributes:
        size: pictures in each.
        an_epoch: how many make an epoch; pictures left over are seen in other epochs.
        pictures: how many there are to draw from.
    """

    def __init__(self, config: TrainingConfig, digits: Dataset) -> None:
        """Make the pictures of no digit that the configuration asks for.

        Args:
            config: of the training.
            digits: at least one to learn from, the synthetic ones included.
        """
        self._config = config
        pictures = _with_non_digits(config, digits)
        self._kinds = pictures.labels.copy()
        self._kinds[len(digits) :] = DIGITS
        self._desired = _desired_by_kind(config.label_smoothing)
        self._augmenter = Augmenter(pictures.images, config.augmentation, pictures.labels)
        self.pictures = len(pictures)
        self.size = min(config.batch_size, self.pictures)
        self.an_epoch = self.pictures // self.size
        self._inputs = np.empty((2, self.size, PIXELS), np.float32)
        self._order: tuple[int, NDArray[np.intp]] = 0, self._shuffled(0)
        self._ahead = Ahead(self._made)

    def take(self, number: int, *, more: bool) -> tuple[Array, Array]:
        """Return inputs (size, 784) and desired outputs (size, 10), to be used before the next but one is taken.

        Args:
            number: counted through all epochs, 1 the first.
            more: whether the next number is likely to be asked for.
        """
        return self._ahead.take(number, more=more)

    def preparing_ahead(self, weights: int) -> AbstractContextManager[None]:
        """Make each mini-batch while a network learns from the one before, until the block is left.

        It changes no bits. Where matrix products leave no core free, or are too short to hide the other thread's work, that
        thread would only be in the way, and there is none.

        Args:
            weights: of the network that learns.
        """
        work = 0 if self._augmenter.identity else self.size * weights
        worth = cores() > self._config.threads and work >= AHEAD_FROM
        return self._ahead.running() if worth else nullcontext()

    def varied(self, n: int) -> Array:
        """Return variations of n pictures, those of no digit among them, or of all if there are fewer: (n, 784)."""
        seed = self._config.seed
        chosen = generator(seed, Purpose.IDLE).permutation(self.pictures)[:n]
        inputs = np.empty((len(chosen), PIXELS), np.float32)
        self._augmenter.batch(chosen, generator(seed, Purpose.IDLE, 1), inputs)
        return inputs

    def _made(self, number: int) -> tuple[Array, Array]:
        epoch, batch = divmod(number - 1, self.an_epoch)
        if self._order[0] != epoch:
            self._order = epoch, self._shuffled(epoch)
        chosen = self._order[1][batch * self.size : (batch + 1) * self.size]
        inputs = self._inputs[number % 2]
        self._augmenter.batch(chosen, generator(self._config.seed, Purpose.BATCH, epoch, batch), inputs)
        return inputs, self._desired[self._kinds[chosen]]

    def _shuffled(self, epoch: int) -> NDArray[np.intp]:
        order: NDArray[np.intp] = generator(self._config.seed, Purpose.ORDER, epoch).permutation(
            self.pictures
        )
        return order


def _with_non_digits(config: TrainingConfig, digits: Dataset) -> Dataset:
    """Return the digits and then the pictures of no digit, whose labels mean nothing."""
    n = config.non_digits
    if not n:
        return digits
    made = non_digits(digits, n, generator(config.seed, Purpose.NON_DIGITS))
    return digits.joined(Dataset(made, np.zeros(n, np.uint8)))


def _desired_by_kind(label_smoothing: float) -> Array:
    """Return (11, 10) desired outputs: for each digit that digit, and for pictures of no digit all ten alike.

    Source of the latter: Hendrycks, Mazeika and Dietterich 2019, Deep anomaly detection with outlier exposure.
    """
    desired = desired_outputs(np.arange(DIGITS, dtype=np.uint8), label_smoothing)
    return np.concatenate([desired, np.full((1, DIGITS), 1 / DIGITS, np.float32)])
