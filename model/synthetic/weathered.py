"""MNIST's own digits in fog, grain, blur and under stains, found again by the real normaliser.

Where a picture is hardly darker than its paper's own pattern, the normaliser cuts strokes out raggedly, joins stains to them
and loses parts. A person still reads most of such digits; the network learns to from here.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.arrays import Bytes
from model.dataset import Dataset
from model.form import SIDE
from model.pixels import normalise
from model.synthetic.clouds import clouds
from model.synthetic.papers import likeness, rows_with_ink

Pictures = NDArray[np.float64]

_SIDES: Final = (28, 40, 64)
"""Of the pictures, pixels: most are small, where a pattern's grains are as wide as a stroke."""

_SMALL: Final = 0.6
"""The share of the smallest."""

_KEPT: Final = (0.6, 0.95)
"""Least and greatest likeness of the digit found to the digit written: of less nobody can tell what it was, more is none the worse."""

_BATCH: Final = 256


def weathered_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n digits, each drawn from the data, seen badly and normalised again.

    Raises:
        DataError: no picture has any ink.
    """
    inked = rows_with_ink(data)
    found, labels = np.empty((n, SIDE * SIDE), np.uint8), np.empty(n, np.uint8)
    done = 0
    while done < n:
        chosen = rng.choice(inked, _BATCH)
        for row, picture in zip(chosen, weathered(data.images[chosen], rng), strict=True):
            normalised = normalise(picture).pixels
            alike = likeness(normalised, data.images[row].reshape(SIDE, SIDE))
            if done < n and _KEPT[0] <= alike <= _KEPT[1]:
                found[done], labels[done] = normalised.ravel(), data.labels[row]
                done += 1
    return Dataset(found, labels)


def weathered(images: Bytes, rng: np.random.Generator) -> Bytes:
    """Return (n, side, side) pictures of (n, 784) ones: blurred, on a pattern, under stains and grain, with little contrast."""
    n, side = len(images), int(rng.choice(_SIDES, p=(_SMALL, *[(1 - _SMALL) / 2] * 2)))
    ink = _blurred(_enlarged(images, side), rng)
    ink += _strengths(n, 0.55, rng, of=0.6) * clouds(n, side, rng.uniform(0.7, 2, (n, 1, 1)), rng)
    stained = clouds(n, side, 2.0, rng) > rng.uniform(0.9, 2, (n, 1, 1))
    stained &= rng.random((n, 1, 1)) < 0.25
    ink = np.where(stained, rng.uniform(-0.2, 0.7, (n, 1, 1)), ink)
    ink += _strengths(n, 0.4, rng, of=0.4) * rng.standard_normal(ink.shape)
    contrast = rng.uniform(0.15, 0.7, (n, 1, 1)) * np.where(rng.random((n, 1, 1)) < 0.5, 1, -1)
    light = 0.5 - contrast / 2 + rng.uniform(-0.4, 0.4, (n, 1, 1)) * (1 - np.abs(contrast))
    weathered: Bytes = np.rint(np.clip(light + contrast * ink, 0, 1) * 255).astype(np.uint8)
    return weathered


def _strengths(n: int, most: float, rng: np.random.Generator, of: float) -> Pictures:
    """Return (n, 1, 1) strengths up to the most, 0 for all but a share of them."""
    return rng.uniform(0, most, (n, 1, 1)) * (rng.random((n, 1, 1)) < of)


def _enlarged(images: Bytes, side: int) -> Pictures:
    """Return (n, side, side) digits in [0, 1]."""
    digits = [Image.fromarray(image.reshape(SIDE, SIDE)) for image in images]
    return np.stack(
        [np.asarray(digit.resize((side, side), Image.Resampling.BICUBIC)) / 255 for digit in digits]
    )


def _blurred(ink: Pictures, rng: np.random.Generator) -> Pictures:
    """Return the pictures, some out of focus, some moved while they were taken: products in the frequencies."""
    n, side = len(ink), ink.shape[1]
    across, down = np.fft.rfftfreq(side)[None, None], np.fft.fftfreq(side)[None, :, None]
    pixel = side / SIDE
    focus = _strengths(n, 2 * pixel, rng, of=0.3)
    way, angle = _strengths(n, 6 * pixel, rng, of=0.25), rng.uniform(0, np.pi, (n, 1, 1))
    passed = np.exp(-2 * np.square(np.pi * focus) * (across**2 + down**2))
    passed = passed * np.sinc(way * (across * np.cos(angle) + down * np.sin(angle)))
    return np.fft.irfft2(np.fft.rfft2(ink) * passed, (side, side))
