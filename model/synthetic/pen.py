"""Draws strokes as ink: every pixel takes the ink of the nearest line segment."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Bytes
from model.form import PIXELS, SIDE

_BLOCK: Final = 128
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
    out = np.zeros((len(points), SIDE, SIDE), np.float32)
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        reach = float(width[block].max()) / 2 + SOFTNESS
        columns, rows = (_span(points[block, :, axis], reach) for axis in (0, 1))
        ink = _distance(points[block], down[block], columns, rows)
        np.subtract(width[block, None, None] / 2 + np.float32(SOFTNESS / 2), ink, out=ink)
        np.clip(ink / np.float32(SOFTNESS), np.float32(0), np.float32(1), out=out[block, rows, columns])
    return out.reshape(-1, PIXELS)


def _span(coordinates: Array, reach: float) -> slice:
    """Return the columns, or rows, that any ink may fall on."""
    low, high = float(coordinates.min()) - reach, float(coordinates.max()) + reach
    return slice(min(SIDE, max(0, int(low))), max(0, min(SIDE, int(high) + 2)))


def _distance(points: Array, down: NDArray[np.bool_], columns: slice, rows: slice) -> Array:
    """Return how far each pixel's centre is from the nearest segment drawn, pixels.

    With its origin in the middle of a segment and one axis along it, a pixel lies so far ``across`` it, and so far
    ``beyond`` its ends.
    """
    x, y = (np.arange(SIDE, dtype=np.float32)[span] for span in (columns, rows))
    nearest = np.full((len(points), len(y), len(x)), np.inf, np.float32)
    beyond, across = np.empty_like(nearest), np.empty_like(nearest)
    for i in np.flatnonzero(down.any(axis=0)):
        start, way = points[:, i], points[:, i + 1] - points[:, i]
        half = np.sqrt(way[:, 0] ** 2 + way[:, 1] ** 2) / 2
        way[half == 0] = (1e-6, 0)  # a dot has any direction
        cosine, sine = (way / np.hypot(*way.T)[:, None]).T[:, :, None]
        dx, dy = (place - (start + way / 2)[:, axis, None] for axis, place in ((0, x), (1, y)))
        np.add((dx * cosine)[:, None, :], (dy * sine)[:, :, None], out=beyond)
        np.abs(beyond, out=beyond)
        np.subtract(beyond, half[:, None, None], out=beyond)
        np.maximum(beyond, np.float32(0), out=beyond)
        np.add((dy * cosine)[:, :, None], (dx * -sine)[:, None, :], out=across)
        np.multiply(beyond, beyond, out=beyond)
        np.multiply(across, across, out=across)
        np.add(beyond, across, out=across)
        across[~down[:, i]] = np.inf
        np.minimum(nearest, across, out=nearest)
    distance: Array = np.sqrt(nearest, out=nearest)
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
