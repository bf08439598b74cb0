"""Planes: (h, w) uint8 pictures in which light is ink or paper; how to make them smaller and how to filter them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Plane = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

WORKING_SIDE = 112
LEAST_SIDE = 28
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
    sample = plane[::2, ::2]
    canvas = int(np.median(sample))
    if (
        np.count_nonzero(np.abs(sample.astype(np.int16) - canvas) <= FLAT_TOLERANCE)
        < FLAT_SHARE * sample.size
    ):
        return np.asarray(Image.fromarray(plane).reduce(factor))
    height, width = (-(-size // factor) for size in plane.shape)
    pads = ((0, height * factor - plane.shape[0]), (0, width * factor - plane.shape[1]))
    blocks = np.pad(plane, pads, mode="edge").reshape(height, factor, width * factor)
    high = blocks.max(axis=1).reshape(height, width, factor).max(axis=2)
    low = blocks.min(axis=1).reshape(height, width, factor).min(axis=2)
    further = high.astype(np.int16) - canvas >= canvas - low.astype(np.int16)
    return np.where(further, high, low)


def opened(plane: Plane, window: int) -> Plane:
    """Every light shape into which no window x window square fits sinks to its surroundings."""
    return _extreme(_extreme(plane, window, np.minimum), window, np.maximum)


def blurred(plane: Plane, sigma: float) -> Plane:
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(sigma))) if sigma > 0 else plane


def opened_mask(mask: Mask, window: int) -> Mask:
    """Only where a window x window square fits into the mask it stays."""
    return opened(mask.view(np.uint8), window).view(np.bool_)


def dilated(mask: Mask, window: int = 3) -> Mask:
    return _extreme(mask.view(np.uint8), window, np.maximum).view(np.bool_)


def dilated_along(mask: Mask, window: int, axis: int) -> Mask:
    return _extreme_along(mask, window, axis, np.maximum)


def opened_along(mask: Mask, window: int, axis: int) -> Mask:
    """Only the pieces of each line along the axis that are at least ``window`` long stay."""
    return _extreme_along(_extreme_along(mask, window, axis, np.minimum), window, axis, np.maximum)


def _extreme_along(mask: Mask, window: int, axis: int, pick: np.ufunc) -> Mask:
    plane = mask.view(np.uint8) if axis == 0 else mask.view(np.uint8).T
    out = _extreme_rows(np.ascontiguousarray(plane), window, pick).view(np.bool_)
    return out if axis == 0 else out.T


def _extreme(plane: Plane, window: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum over centred windows, cut off at the borders; windows double, so the cost is O(log window)."""
    return _extreme_rows(_extreme_rows(plane, window, pick).T, window, pick).T


def _extreme_rows(plane: Plane, window: int, pick: np.ufunc) -> Plane:
    length = plane.shape[0]
    window = min(window, 2 * length - 1)
    before = (window - 1) // 2
    padded = np.full((length + window - 1, plane.shape[1]), 255 if pick is np.minimum else 0, np.uint8)
    padded[before : before + length] = plane
    covered = 1
    while covered < window:
        step = min(covered, window - covered)
        padded = pick(padded[:-step], padded[step:])
        covered += step
    return padded
