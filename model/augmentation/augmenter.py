"""One augmented mini-batch from start to end."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes, Labels
from model.augmentation.degrade import Degradation
from model.augmentation.settings import AUGMENTATIONS, AugmentationSettings
from model.augmentation.thickness import Thickness
from model.augmentation.warp import Warp
from model.errors import ConfigInvalid, ShapeMismatch
from model.form import PIXELS

BLOCK: Final = 128
"""Digits worked on together: their buffers stay in the second-level cache."""


class Augmenter:
    """Makes fresh variations of a set of digits.

    The digits are shared, the work space is its own: give every thread its own augmenter. All randomness comes from the
    generator passed to `batch`, so equal generator states give equal bytes.
    """

    def __init__(self, images: Bytes, kind: str | AugmentationSettings, labels: Labels | None = None) -> None:
        """Prepare the work space.

        Args:
            images: (n, 784) uint8, 0 paper to 255 ink; kept, not copied.
            kind: the name of a preset, or the ranges themselves.
            labels: (n,) the digits shown, needed where the settings treat digits differently.

        Raises:
            ConfigInvalid: there is no preset of that name, or the settings need labels and none are given.
            ShapeMismatch: images is not (n, 784), or labels is not (n,).
        """
        if isinstance(kind, str) and kind not in AUGMENTATIONS:
            raise ConfigInvalid("augmentation", f"expected one of {', '.join(AUGMENTATIONS)}, got {kind!r}")
        if images.ndim != 2 or images.shape[1] != PIXELS:
            raise ShapeMismatch(f"expected images (n, {PIXELS}), got {images.shape}")
        if labels is not None and labels.shape != images.shape[:1]:
            raise ShapeMismatch(f"expected labels ({len(images)},), got {labels.shape}")
        settings = AUGMENTATIONS[kind] if isinstance(kind, str) else kind
        if settings.narrow_rotation is not None and labels is None:
            raise ConfigInvalid("augmentation", "narrow_rotation needs the labels of the images")
        self.settings = settings
        self.identity = settings == AugmentationSettings()
        self.images = images
        self.labels = labels
        self.thickness = Thickness(settings, BLOCK)
        self.warp = Warp(settings, BLOCK)
        self.degradation = Degradation(settings)
        self.digits = np.empty((BLOCK, PIXELS), np.uint8)

    def batch(self, indices: NDArray[np.integer], rng: np.random.Generator, out: Array) -> None:
        """Write a variation of each chosen digit.

        Args:
            indices: (batch,) rows of the images.
            rng: where all variation comes from.
            out: (batch, 784) float32, overwritten; 0 paper to 1 ink.
        """
        for start in range(0, len(indices), BLOCK):
            self._block(indices[start : start + BLOCK], rng, out[start : start + BLOCK])
        self.degradation.apply(rng, out)

    def _block(self, indices: NDArray[np.integer], rng: np.random.Generator, out: Array) -> None:
        digits = np.take(self.images, indices, axis=0, out=self.digits[: len(indices)], mode="clip")
        if self.identity:
            np.divide(digits, np.float32(255), out=out)
            return
        labels = None if self.labels is None else self.labels[indices]
        self.warp.apply(self.thickness.apply(digits, rng), labels, rng, out)
        self._steepen(rng, out)
        crisp = rng.random(len(indices)) < self.settings.crisp
        out[crisp] = digits[crisp] / np.float32(255)

    def _steepen(self, rng: np.random.Generator, out: Array) -> None:
        """Give edges back the contrast that bilinear sampling took."""
        if not self.settings.gain:
            return
        gain = rng.uniform(1.0, 1.0 + self.settings.gain, (len(out), 1)).astype(np.float32)
        out *= gain
        out -= np.float32(0.5) * (gain - np.float32(1))
        np.clip(out, np.float32(0), np.float32(1), out=out)
