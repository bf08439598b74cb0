"""Photographs, patterns and noise, as the normaliser leaves them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Bytes
from model.form import PIXELS, SIDE
from model.novelty.clouds import clouds
from model.pixels import normalise
from model.synthetic.pen import centred

_SIDE: Final = 32


def textures(n: int, rng: np.random.Generator) -> Bytes:
    """Return (n, 784) pictures without a digit: three quarters went through the normaliser as small photographs, the rest did not."""
    raw = n // 4
    scenes = _scenes(n, rng)
    out = np.empty((n, PIXELS), np.uint8)
    for i, scene in enumerate(scenes):
        out[i] = scene[:SIDE, :SIDE].ravel() if i < raw else normalise(scene).pixels.ravel()
    return out


def silhouettes(n: int, rng: np.random.Generator) -> Bytes:
    """Return (n, 784) shapes of things: clouds, cut off at some height and at a box or an ellipse, centred."""
    grey = clouds(n, _SIDE, rng.uniform(1, 2.5, (n, 1, 1)), rng)[:, 2:-2, 2:-2]
    height, softness = rng.normal(0, 0.5, (n, 1, 1)), rng.uniform(0.05, 0.6, (n, 1, 1))
    inside = _blobs(n, rng)[:, 2:-2, 2:-2] | _blobs(n, rng)[:, 2:-2, 2:-2]
    inside[:, :4] = inside[:, -4:] = inside[:, :, :4] = inside[:, :, -4:] = False
    ink = np.clip((grey - height) / softness + 0.5, 0, 1) * inside
    return centred(ink.astype(np.float32).reshape(n, PIXELS))


def _scenes(n: int, rng: np.random.Generator) -> Bytes:
    """Return (n, 32, 32) grey pictures: clouds with shapes before them."""
    grey = clouds(n, _SIDE, rng.uniform(0, 2, (n, 1, 1)), rng)
    for _ in range(3):
        grey += rng.normal(0, 2, (n, 1, 1)) * _blobs(n, rng)
    contrast, light = rng.uniform(10, 60, (n, 1, 1)), rng.uniform(60, 200, (n, 1, 1))
    scenes: Bytes = np.clip(light + contrast * grey, 0, 255).astype(np.uint8)
    return scenes


def _blobs(n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return (n, 32, 32): inside a random ellipse or box."""
    x, y = (axis[None] for axis in np.meshgrid(np.arange(_SIDE), np.arange(_SIDE)))
    cx, cy = rng.uniform(4, 28, (2, n, 1, 1))
    width, height = rng.uniform(2, 14, (2, n, 1, 1))
    across, down = np.abs(x - cx) / width, np.abs(y - cy) / height
    round_ = rng.random((n, 1, 1)) < 0.6
    inside: NDArray[np.bool_] = np.where(round_, across**2 + down**2, np.maximum(across, down)) < 1
    return inside
