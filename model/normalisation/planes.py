"""Planes: (h, w) uint8 pictures in which light is ink or paper; how to make them smaller and how to filter them."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Plane = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

WORKING_SIDE = 112
LEAST_SIDE = 28
SAMPLED_SIDE = 256
FLAT_TOLERANCE = 3
FLAT_SHARE = 0.7


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

    On a flat canvas the mean would let a hair line vanish; elsewhere it takes noise away.
    """
    every = max(1, max(plane.shape) // SAMPLED_SIDE)
    counts = np.bincount(plane[::every, ::every].reshape(-1), minlength=256)
    canvas = int(counts.cumsum().searchsorted(counts.sum() / 2))
    near = counts[max(0, canvas - FLAT_TOLERANCE) : canvas + FLAT_TOLERANCE + 1]
    if near.sum() < FLAT_SHARE * counts.sum():
        return np.asarray(Image.fromarray(plane).reduce(factor))
    height, width = (-(-size // factor) for size in plane.shape)
    pads = ((0, height * factor - plane.shape[0]), (0, width * factor - plane.shape[1]))
    blocks = np.pad(plane, pads, mode="edge").reshape(height, factor, width * factor)
    high = blocks.max(axis=1).reshape(height, width, factor).max(axis=2)
    low = blocks.min(axis=1).reshape(height, width, factor).min(axis=2)
    furthest: Plane = np.where(high.astype(np.int16) - canvas >= canvas - low.astype(np.int16), high, low)
    return furthest


def blurred(plane: Plane, sigma: float) -> Plane:
    """Return the plane under a Gaussian of ``sigma`` pixels."""
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(sigma)))


def local_ground(plane: Plane, window: int) -> Plane:
    """Return the plane with every light shape sunk into which no window x window square fits (its opening).

    The plane goes on beyond its borders as it ends there, so that the end of a slope is not taken for a shape.
    """
    half = window // 2
    height, width = plane.shape
    beyond = opened(plane[_continued(height, half)][:, _continued(width, half)], window)
    return beyond[half : half + height, half : half + width]


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
    """The same along the first axis; what is known over windows of k gives windows of 2k, so it costs O(log window)."""
    length = plane.shape[0]
    window = min(window, 2 * length - 1)
    before = (window - (pick is np.minimum)) // 2  # a minimum leans back as a maximum leans forward
    padded = np.empty((length + window - 1, plane.shape[1]), np.uint8)
    padded[:before] = padded[before + length :] = 255 if pick is np.minimum else 0
    padded[before : before + length] = plane
    covered = 1
    while covered < window:
        step = min(covered, window - covered)
        padded = pick(padded[:-step], padded[step:])
        covered += step
    return padded
