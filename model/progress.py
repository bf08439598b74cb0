"""What a training tells while it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch, as the learning curve shows it.

    Attributes:
        epoch: 1 for the first.
        loss: mean over the epoch's mini-batches, label smoothing and augmentation included.
        validation_error: the share of the held-out digits misread after the epoch, 0 to 1.
    """

    epoch: int
    loss: float
    validation_error: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training stands.

    Attributes:
        epoch: the epoch under way or just ended, from 1.
        epochs: of the whole training.
        fraction: of all mini-batches done, 0 to 1.
        loss: mean over the current epoch so far.
        validation_error: after the last whole epoch, 0 to 1; None before the first has ended.
        images_per_second: since this run of the training began; None before the first slice.
        seconds_left: an estimate from the speed so far.
        epoch_ended: whether this is the report after an epoch.
    """

    epoch: int
    epochs: int
    fraction: float
    loss: float
    validation_error: float | None
    images_per_second: float | None
    seconds_left: float | None
    epoch_ended: bool
