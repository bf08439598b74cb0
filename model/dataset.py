"""Pictures with their true labels, and splitting them; ``model.sources`` reads them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.arrays import Bytes, Labels
from model.errors import DataError
from model.form import PIXELS
from model.losses import DIGITS

SPLIT_SEED = 20_260_101
"""Chooses the validation digits. It is the same for every training, so that versions can be compared on digits that
none of them has learned from."""

VALIDATION = 5_000
"""Digits held out of MNIST's 60,000, and of any larger set."""

HELD_OUT = 6
"""One picture in so many is held out of a set that may grow, up to VALIDATION."""


@dataclass(frozen=True)
class Dataset:
    """Images as the network sees them, and their labels.

    Attributes:
        images: (n, 784) uint8, 0 paper to 255 ink.
        labels: (n,) uint8, 0 to 9.
    """

    images: Bytes
    labels: Labels

    def __post_init__(self) -> None:
        """Check shapes and ranges."""
        if self.images.ndim != 2 or self.images.shape[1] != PIXELS or self.images.dtype != np.uint8:
            raise DataError(
                f"expected images (n, {PIXELS}) uint8, got {self.images.shape} {self.images.dtype}"
            )
        if self.labels.shape != (len(self.images),) or self.labels.dtype != np.uint8:
            raise DataError(
                f"expected ({len(self.images)},) uint8 labels, got {self.labels.shape} {self.labels.dtype}"
            )
        if len(self.labels) and self.labels.max() >= DIGITS:
            raise DataError(f"expected labels 0 to 9, got {self.labels.max()}")

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.images)

    def take(self, indices: "np.ndarray[tuple[int], np.dtype[np.intp]] | slice") -> "Dataset":
        """Return the pictures at these indices, in their order."""
        return Dataset(self.images[indices], self.labels[indices])

    def joined(self, other: "Dataset") -> "Dataset":
        """Return these pictures and then the others."""
        return Dataset(
            np.concatenate([self.images, other.images]), np.concatenate([self.labels, other.labels])
        )

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the digest of images and labels: equal sets have equal digests, whatever file they came in."""
        content = hashlib.sha256(f"{self.images.shape}".encode())
        content.update(np.ascontiguousarray(self.images).data)
        content.update(np.ascontiguousarray(self.labels).data)
        return f"sha256:{content.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Split:
    """Digits to learn from, and digits held out to see how well it went."""

    training: Dataset
    validation: Dataset


def split(
    data: Dataset, *, limit: int | None = None, validation: int | None = None, seed: int = SPLIT_SEED
) -> Split:
    """Return a random split.

    Args:
        data: at least 2 pictures.
        limit: keep only this many of the training pictures, the first in the data's own order.
        validation: pictures held out; by default 5,000, or a sixth if that is less.
        seed: chooses which.

    Raises:
        DataError: there are not enough pictures.
    """
    held_out = validation if validation is not None else max(1, min(VALIDATION, len(data) // 6))
    if not 0 < held_out < len(data):
        raise DataError(f"expected more than {held_out} pictures, got {len(data)}")
    return _parted(data, np.random.default_rng(seed).permutation(len(data))[:held_out], limit)


def split_by_picture(data: Dataset, *, limit: int | None = None) -> Split:
    """Return a split in which each picture alone decides where it goes.

    So equal pictures are never on both sides, and what a version has learned from is not held out later, however the data
    set grows; but for a set of a few pictures, where one has to go to the side that would have none.

    Args:
        data: at least 2 pictures.
        limit: keep only this many of the training pictures, the first in the data's own order.

    Raises:
        DataError: there are not enough pictures.
    """
    if len(data) < 2:
        raise DataError(f"expected at least 2 pictures, got {len(data)}")
    numbers = np.array(
        [int.from_bytes(hashlib.sha256(image).digest()[:4]) for image in data.images], np.int64
    )
    if numbers.min() == numbers.max():
        raise DataError("expected at least 2 different pictures, got one again and again")
    # Both parts have one picture at least; of a large set the least numbers are held out, whatever comes after them.
    bound = np.clip((1 << 32) // HELD_OUT, numbers.min() + 1, numbers.max())
    if np.count_nonzero(numbers < bound) > VALIDATION:
        bound = max(np.partition(numbers, VALIDATION)[VALIDATION], numbers.min() + 1)
    return _parted(data, np.flatnonzero(numbers < bound), limit)


def _parted(data: Dataset, held_out: "NDArray[np.intp]", limit: int | None) -> Split:
    for_training = np.ones(len(data), np.bool_)
    for_training[held_out] = False
    return Split(data.take(np.flatnonzero(for_training)[:limit]), data.take(np.sort(held_out)))
