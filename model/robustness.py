"""How the error grows when test digits are turned, scaled, shifted, thickened, blurred, drowned in noise or made pale.

Every changed picture goes through the normaliser again, as a picture in a request does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.arrays import Bytes
from model.assessment import Curve
from model.dataset import Dataset
from model.form import SIDE
from model.pixels import normalise
from model.predictor import Predictor

DIGITS_READ: Final = 500
"""Test digits each point of a curve is measured on, unless told otherwise."""

DigitReader = Callable[[Sequence[Bytes]], NDArray[np.int8]]
"""Reads (28, 28) grey pictures, normalising them, and returns the digits."""

Change = Callable[[Image.Image, float, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to make reading harder.

    Attributes:
        name: for people, with the unit.
        amounts: how much, in that unit; one of them changes nothing.
        change: makes the changed picture.
    """

    name: str
    amounts: tuple[float, ...]
    change: Change


def _rotated(picture: Image.Image, degrees: float, _rng: np.random.Generator) -> Image.Image:
    return picture.rotate(degrees, Image.Resampling.BICUBIC)


def _scaled(picture: Image.Image, factor: float, _rng: np.random.Generator) -> Image.Image:
    middle = SIDE / 2
    away = middle - middle / factor
    return picture.transform(
        (SIDE, SIDE),
        Image.Transform.AFFINE,
        (1 / factor, 0, away, 0, 1 / factor, away),
        Image.Resampling.BICUBIC,
    )


def _shifted(picture: Image.Image, by: float, rng: np.random.Generator) -> Image.Image:
    angle = rng.uniform(0, 2 * np.pi)
    right, down = by * np.cos(angle), by * np.sin(angle)
    return picture.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, (1, 0, -right, 0, 1, -down), Image.Resampling.BILINEAR
    )


def _thickened(picture: Image.Image, pixels: float, _rng: np.random.Generator) -> Image.Image:
    """Blend with the picture whose strokes are one pixel wider, or narrower, on either side."""
    extreme = picture.filter(ImageFilter.MaxFilter(3) if pixels > 0 else ImageFilter.MinFilter(3))
    return Image.blend(picture, extreme, min(1.0, abs(pixels) / 2))


def _noisy(picture: Image.Image, deviation: float, rng: np.random.Generator) -> Image.Image:
    grey = np.asarray(picture, np.float32) + deviation * rng.standard_normal((SIDE, SIDE), np.float32)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def _blurred(picture: Image.Image, sigma: float, _rng: np.random.Generator) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(sigma)) if sigma else picture


def _pale(picture: Image.Image, contrast: float, _rng: np.random.Generator) -> Image.Image:
    return picture.point([round(128 + contrast * (value - 128)) for value in range(256)])


TRIALS: Final = (
    Trial("rotation, degrees", (-30, -20, -10, 0, 10, 20, 30), _rotated),
    Trial("scale, times", (0.5, 0.7, 0.85, 1, 1.15, 1.3), _scaled),
    Trial("shift, pixels", (0, 1, 2, 3, 4), _shifted),
    Trial("stroke width, pixels", (-1, -0.5, 0, 1, 2), _thickened),
    Trial("noise, grey values", (0, 10, 20, 40, 60), _noisy),
    Trial("blur, pixels", (0, 0.5, 1, 1.5, 2), _blurred),
    Trial("contrast, times", (0.1, 0.25, 0.5, 1), _pale),
)
"""What is tried."""


def curve(read: DigitReader, data: Dataset, trial: Trial, seed: int = 1) -> Curve:
    """Return the error against the amount."""
    errors = []
    for amount in trial.amounts:
        rng = np.random.default_rng(seed)
        pictures = [
            np.asarray(trial.change(Image.fromarray(image), amount, rng))
            for image in data.images.reshape(-1, SIDE, SIDE)
        ]
        errors.append(float((read(pictures) != data.labels).mean()))
    return Curve(trial.amounts, tuple(errors))


def sample(data: Dataset, n: int = DIGITS_READ) -> Dataset:
    """Return n of the digits, evenly spread over the set."""
    return data.take(np.unique(np.linspace(0, len(data) - 1, min(n, len(data))).astype(np.intp)))


def digit_reader(predictor: Predictor) -> DigitReader:
    """Return what reads digits in this process."""

    def read(pictures: Sequence[Bytes]) -> NDArray[np.int8]:
        readings = predictor.read_normalised([normalise(picture) for picture in pictures])
        return np.array([reading.digit for reading in readings], np.int8)

    return read
