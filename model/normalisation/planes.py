"""Planes: (h, w) uint8 pictures in which light is ink or paper; how to make them smaller and how to filter them."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.normalisation.resampling import both, smoothing

Plane = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

WORKING_SIDE = 112
LEAST_SIDE = 28
SAMPLED_SIDE = 128
FLAT_TOLERANCE = 3
FLAT_SHARE = 0.7
EMPTY = 0.5
SALTED = 0.02
SALT = 0.4
SALTED_SIDE = 56


def at_working_size(plane: Plane) -> tuple[Plane, float]:
    """Return the plane at a size at which its digit can be found cheaply, and how many given pixels one of its is.

    Large pictures are reduced to WORKING_SIDE, tiny ones enlarged to LEAST_SIDE.
    """
    side = max(plane.shape)
    if side > WORKING_SIDE:
        factor = -(-side // WORKING_SIDE)
        return _reduced(plane, factor), factor
    if side >= LEAST_SIDE:
        return plane, 1
    factor = -(-LEAST_SIDE // side)
    image = Image.fromarray(plane)
    return np.asarray(
        image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)
    ), 1 / factor


def _reduced(plane: Plane, factor: int) -> Plane:
    """Blocks of factor x factor pixels become one: their mean, or on a flat canvas the one that differs most from it.

    On a flat canvas the mean would let a hair line vanish; elsewhere it takes noise away, and the dots of a grey that was
    dithered.
    """
    every = max(1, max(plane.shape) // SAMPLED_SIDE)
    counts = np.bincount(plane[::every, ::every].reshape(-1), minlength=256)
    canvas = int(counts.cumsum().searchsorted(counts.sum() / 2))
    near = counts[max(0, canvas - FLAT_TOLERANCE) : canvas + FLAT_TOLERANCE + 1]
    if near.sum() < FLAT_SHARE * counts.sum():
        return np.asarray(Image.fromarray(plane).reduce(factor))
    furthest = _furthest(plane, factor, canvas)
    empty = np.count_nonzero((furthest >= canvas - FLAT_TOLERANCE) & (furthest <= canvas + FLAT_TOLERANCE))
    return furthest if empty > EMPTY * furthest.size else np.asarray(Image.fromarray(plane).reduce(factor))


def _furthest(plane: Plane, factor: int, canvas: int) -> Plane:
    """The pixel of each block that differs most from the canvas."""
    if canvas == 0:
        return _block_extremes(plane, factor, np.maximum)
    low = _block_extremes(plane, factor, np.minimum)
    if canvas == 255:
        return low
    high = _block_extremes(plane, factor, np.maximum)
    furthest: Plane = np.where(high.astype(np.int16) - canvas >= canvas - low.astype(np.int16), high, low)
    return furthest


def _block_extremes(plane: Plane, factor: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum of each block of factor x factor pixels, those cut off by the border included."""
    return np.ascontiguousarray(_row_extremes(_row_extremes(plane, factor, pick).T, factor, pick).T)


def _row_extremes(plane: Plane, factor: int, pick: np.ufunc) -> Plane:
    """The same of every ``factor`` rows; rows that lie whole in memory are compared many pixels at a time."""
    whole = plane.shape[0] // factor * factor
    rows = np.ascontiguousarray(plane)
    extremes: Plane = pick.reduce(rows[:whole].reshape(-1, factor, plane.shape[1]), axis=1)
    if whole == plane.shape[0]:
        return extremes
    return np.concatenate([extremes, pick.reduce(rows[whole:], axis=0)[None]])


def without_salt(plane: Plane) -> Plane:
    """Return the plane's median over 3x3 if many of its pixels stand alone, as salt, pepper and dithering leave them.

    Small pictures are left alone: their thinnest strokes are of that size.
    """
    if min(plane.shape) < SALTED_SIDE:
        return plane
    inner = plane[1:-1, 1:-1]
    beside, above = (plane[1:-1, :-2], plane[1:-1, 2:]), (plane[:-2, 1:-1], plane[2:, 1:-1])
    highest = np.maximum(np.maximum(*beside), np.maximum(*above))
    lowest = np.minimum(np.minimum(*beside), np.minimum(*above))
    alone = np.maximum(inner, highest) - highest + (lowest - np.minimum(inner, lowest))
    if np.count_nonzero(alone > SALT * 255) < SALTED * inner.size:
        return plane
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.MedianFilter(3)))


def blurred(plane: Plane, sigma: float) -> Plane:
    """Return the plane under a Gaussian of ``sigma`` pixels."""
    soft = both(smoothing(plane.shape[0], sigma), plane.astype(np.float32), smoothing(plane.shape[1], sigma))
    return (soft + 0.5).astype(np.uint8)


def extent(mask: Mask) -> Box | None:
    """Return the box around all that is true in the mask; None where nothing is."""
    rows, columns = mask.any(axis=1).tobytes(), mask.any(axis=0).tobytes()
    x0, y0 = columns.find(b"\1"), rows.find(b"\1")
    return None if y0 < 0 else (x0, y0, columns.rfind(b"\1") + 1, rows.rfind(b"\1") + 1)


def local_ground(plane: Plane, window: int) -> Plane:
    """Return the plane with every light shape sunk into which no window x window square fits (its opening).

    The plane goes on beyond its borders as it ends there, so that the end of a slope is not taken for a shape.

    Args:
        plane: any (h, w) plane.
        window: odd.
    """
    height, width = plane.shape
    beyond = plane.take(_continued(height, window - 1), 0).take(_continued(width, window - 1), 1)
    upright = _over_windows(beyond, window, np.minimum).T
    lowest = _over_windows(np.ascontiguousarray(upright), window, np.minimum)
    ground = _over_windows(lowest, window, np.maximum).T
    return _over_windows(np.ascontiguousarray(ground), window, np.maximum)


@lru_cache(maxsize=256)
def _continued(length: int, by: int) -> NDArray[np.intp]:
    """Indices of a line that goes on at both ends as it ends."""
    return np.minimum(np.maximum(np.arange(-by, length + by), 0), length - 1)


def opened(plane: Plane, window: int) -> Plane:
    """Return the plane's opening by a window x window square, cut off at the borders."""
    return _extreme(_extreme(plane, window, np.minimum), window, np.maximum)


def opened_mask(mask: Mask, window: int) -> Mask:
    """Return where a window x window square fits into the mask."""
    return opened(mask.view(np.uint8), window).view(np.bool_)


def opened_along(mask: Mask, window: int, axis: int) -> Mask:
    """Return only the pieces of each line along the axis that are at least ``window`` long."""
    return _extreme_along(_extreme_along(mask, window, axis, np.minimum), window, axis, np.maximum)


def dilated(mask: Mask, window: int = 3) -> Mask:
    """Return the mask grown by half a window on every side."""
    return _extreme(mask.view(np.uint8), window, np.maximum).view(np.bool_)


def eroded(mask: Mask, window: int) -> Mask:
    """Return the mask shrunk by half a window on every side, but not at the borders."""
    return _extreme(mask.view(np.uint8), window, np.minimum).view(np.bool_)


def highest(plane: Plane, window: int) -> Plane:
    """Return the highest level within half a window on every side."""
    return _extreme(plane, window, np.maximum)


def dilated_along(mask: Mask, window: int, axis: int) -> Mask:
    """Return the mask grown by half a window in both directions of the axis."""
    return _extreme_along(mask, window, axis, np.maximum)


def _extreme_along(mask: Mask, window: int, axis: int, pick: np.ufunc) -> Mask:
    plane = mask.view(np.uint8)
    if axis == 0:
        return _extreme_rows(plane, window, pick).view(np.bool_)
    return np.ascontiguousarray(_extreme_rows(plane.T, window, pick).T).view(np.bool_)


def _extreme(plane: Plane, window: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum over centred windows, cut off at the borders."""
    return np.ascontiguousarray(_extreme_rows(_extreme_rows(plane, window, pick).T, window, pick).T)


def _extreme_rows(plane: Plane, window: int, pick: np.ufunc) -> Plane:
    """The same along the first axis."""
    length = plane.shape[0]
    window = min(window, 2 * length - 1)
    before = (window - (pick is np.minimum)) // 2  # a minimum leans back as a maximum leans forward
    padded = np.empty((length + window - 1, plane.shape[1]), np.uint8)
    padded[:before] = padded[before + length :] = 255 if pick is np.minimum else 0
    padded[before : before + length] = plane
    return _over_windows(padded, window, pick)


def _over_windows(plane: Plane, window: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum of every ``window`` rows that follow each other: as many less one fewer rows.

    What is known over windows of k gives windows of 2k, so it costs O(log window).
    """
    covered = 1
    while covered < window:
        step = min(covered, window - covered)
        plane = pick(plane[:-step], plane[step:])
        covered += step
    return plane
