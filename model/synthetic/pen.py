"""Draws strokes as ink: every pixel takes the ink of the nearest line segment."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes
from model.network import PIXELS

SIDE: Final = 28
BOX: Final = 20
"""MNIST's digits fill a box of 20 pixels in a picture of 28."""

_BLOCK: Final = 256
SOFTNESS: Final = 1.0
"""Width over which an edge goes from ink to paper, pixels: a pixel's own width."""


def draw(points: Array, down: NDArray[np.bool_], width: Array) -> Array:
    """Draw a digit for each row of points.

    Args:
        points: (n, m, 2) float32, the pen's path: column and row in pixels.
        down: (n, m - 1) whether the pen touches the paper between two points.
        width: (n,) float32, pixels.

    Returns:
        (n, 784) float32 in [0, 1].
    """
    out = np.zeros((len(points), PIXELS), np.float32)
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        distance = _distance(points[block], down[block])
        ink = (width[block, None] / 2 - distance) / np.float32(SOFTNESS) + np.float32(0.5)
        np.clip(ink, np.float32(0), np.float32(1), out=out[block])
    return out


def _distance(points: Array, down: NDArray[np.bool_]) -> Array:
    """Return (n, 784): how far each pixel's centre is from the nearest segment drawn, pixels."""
    rows, columns = np.divmod(np.arange(PIXELS, dtype=np.float32), np.float32(SIDE))
    nearest = np.full((len(points), PIXELS), np.inf, np.float32)
    for i in range(points.shape[1] - 1):
        (x0, y0), (dx, dy) = points[:, i].T, (points[:, i + 1] - points[:, i]).T
        length = np.maximum(dx * dx + dy * dy, np.float32(1e-6))
        x, y = columns - x0[:, None], rows - y0[:, None]
        along = np.clip((x * dx[:, None] + y * dy[:, None]) / length[:, None], np.float32(0), np.float32(1))
        x -= along * dx[:, None]
        y -= along * dy[:, None]
        square = x * x + y * y
        square[~down[:, i]] = np.inf
        np.minimum(nearest, square, out=nearest)
    distance: Array = np.sqrt(nearest)
    return distance


def centred(ink: Array) -> Bytes:
    """Return (n, 784) uint8, each digit moved by whole pixels until its centre of mass is in row and column 14.

    That is where MNIST's makers put it, counting from 0: half a pixel from the middle of the picture.
    """
    n = len(ink)
    pictures = ink.reshape(n, SIDE, SIDE)
    place = np.arange(SIDE, dtype=np.float32)
    mass = np.maximum(pictures.sum(axis=(1, 2)), np.float32(1e-6))
    shift = [np.rint(SIDE / 2 - pictures.sum(axis=axis) @ place / mass).astype(np.intp) for axis in (2, 1)]
    rows, columns = (np.arange(SIDE) - by[:, None] for by in shift)
    inside = ((rows >= 0) & (rows < SIDE))[:, :, None] & ((columns >= 0) & (columns < SIDE))[:, None, :]
    moved = (
        pictures[np.arange(n)[:, None, None], rows[:, :, None] % SIDE, columns[:, None, :] % SIDE] * inside
    )
    centred: Bytes = np.rint(moved * 255).astype(np.uint8).reshape(n, PIXELS)
    return centred
