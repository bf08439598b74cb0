"""Planes: (h, w) uint8 pictures in which light is ink or paper; how to make them smaller and how to filter them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.normalisation.resampling import both, smoothing

Plane = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

WORKING_SIDE = 112
"""Pixels of the longer side, at most, of the plane in which a digit is looked for."""

LEAST_SIDE = 28
"""Pixels of that plane's longer side, at least."""

SAMPLED_SIDE = 128
"""Pixels of the longer side, at least, that are counted to find the canvas of a large picture."""

FLAT_TOLERANCE = 3
"""Grey levels that pixels of a flat canvas may be off its level, up or down."""

FLAT_SHARE = 0.7
"""Share of the counted pixels that are so near to the level of the canvas, if it is flat."""

EMPTY = 0.5
"""Share of the blocks that hold nothing but canvas; with more, the others become their most different pixel."""

SALTED = 0.02
"""Share of the pixels that stand alone, from which on the median is taken."""

SALT = 102
"""Grey levels: a pixel that is further above all four beside it, or below all of them, stands alone."""

SALTED_SIDE = 56
"""Pixels of the shorter side: a smaller plane is left alone."""


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
        image.resize((image.width * factor, image.height * factor), Image.Resampling.LANCZOS)
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
    if np.count_nonzero(alone > SALT) < SALTED * inner.size:
        return plane
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.MedianFilter(3)))


def blurred(plane: Plane, sigma: float) -> Plane:
    """Return the plane under a Gaussian of ``sigma`` pixels."""
    soft = both(smoothing(plane.shape[0], sigma), plane.astype(np.float32), smoothing(plane.shape[1], sigma))
    return (soft + 0.5).astype(np.uint8)


def extent(mask: Mask) -> Box | None:
    """Return the box around all that is true in the mask; None where nothing is."""
    height, width = mask.shape
    rows, columns = mask.tobytes(), mask.T.tobytes()
    first = rows.find(b"\1")
    if first < 0:
        return None
    x0, x1 = columns.find(b"\1") // height, columns.rfind(b"\1") // height + 1
    return x0, first // width, x1, rows.rfind(b"\1") // width + 1


def local_ground(plane: Plane, window: int) -> Plane:
    """Return the plane with every light shape sunk into which no window x window square fits (its opening).

    The plane goes on beyond its borders as it ends there, so that the end of a slope is not taken for a shape.

    Args:
        plane: any (h, w) plane.
        window: odd.
    """
    beyond = _continued(plane, window - 1)
    lowest = _over_windows(beyond, window, window, np.minimum)
    return _part(_over_windows(lowest, window, window, np.maximum), plane.shape)


def _continued(plane: Plane, by: int) -> Plane:
    """The plane with ``by`` more pixels on every side, as it ends there, and two rows to spare."""
    height, width = plane.shape
    beyond = np.empty((height + 2 * by + 2, width + 2 * by), np.uint8)
    rows = beyond[by : by + height]
    rows[:, by : by + width] = plane
    rows[:, :by] = plane[:, :1]
    rows[:, by + width :] = plane[:, -1:]
    beyond[:by] = rows[0]
    beyond[by + height :] = rows[-1]
    return beyond


def opened(plane: Plane, window: int) -> Plane:
    """Return the plane's opening by a window x window square, cut off at the borders."""
    return _extreme(_extreme(plane, window, window, np.minimum), window, window, np.maximum)


def opened_mask(mask: Mask, window: int) -> Mask:
    """Return where a window x window square fits into the mask."""
    return opened(mask.view(np.uint8), window).view(np.bool_)


def opened_along(mask: Mask, window: int, axis: int) -> Mask:
    """Return only the pieces of each line along the axis that are at least ``window`` long."""
    plane = mask.view(np.uint8)
    down, across = (window, 1) if axis == 0 else (1, window)
    return _extreme(_extreme(plane, down, across, np.minimum), down, across, np.maximum).view(np.bool_)


def dilated(mask: Mask, window: int = 3) -> Mask:
    """Return the mask grown by half a window on every side."""
    return _extreme(mask.view(np.uint8), window, window, np.maximum).view(np.bool_)


def eroded(mask: Mask, window: int) -> Mask:
    """Return the mask shrunk by half a window on every side, but not at the borders."""
    return _extreme(mask.view(np.uint8), window, window, np.minimum).view(np.bool_)


def highest(plane: Plane, window: int) -> Plane:
    """Return the highest level within half a window on every side."""
    return _extreme(plane, window, window, np.maximum)


def dilated_along(mask: Mask, window: int, axis: int) -> Mask:
    """Return the mask grown by half a window in both directions of the axis."""
    down, across = (window, 1) if axis == 0 else (1, window)
    return _extreme(mask.view(np.uint8), down, across, np.maximum).view(np.bool_)


def _extreme(plane: Plane, down: int, across: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum over centred windows of ``down`` x ``across`` pixels, cut off at the borders."""
    height, width = plane.shape
    down, across = min(down, 2 * height - 1), min(across, 2 * width - 1)
    above, before = _before(down, pick), _before(across, pick)
    padded = np.empty((height + down, width + across - 1), np.uint8)  # one row to spare: see _over_windows
    padded.fill(255 if pick is np.minimum else 0)
    padded[above : above + height, before : before + width] = plane
    return _part(_over_windows(padded, down, across, pick), plane.shape)


def _before(window: int, pick: np.ufunc) -> int:
    """How many pixels a window begins before its own: a minimum leans back as a maximum leans forward."""
    return (window - (pick is np.minimum)) // 2


def _over_windows(plane: Plane, down: int, across: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum over the window that begins at each pixel, for all rows but the last ``down``.

    Where a window does not fit before the end of its row, it goes on in the next, and the result means nothing. Rows lie
    one after the other in memory, so a step down is a step of a whole row along one long line.
    """
    height, width = plane.shape
    line = _along_line(_along_line(plane.reshape(-1), down, width, pick), across, 1, pick)
    fit = height - down
    return line[: fit * width].reshape(fit, width)


def _along_line(line: Plane, window: int, stride: int, pick: np.ufunc) -> Plane:
    """Minimum or maximum over ``window`` pixels that lie a stride apart, from each pixel on.

    What is known over windows of k gives windows of 2k, so it costs O(log window).
    """
    covered = 1
    while covered < window:
        step = min(covered, window - covered)
        line = pick(line[: -step * stride], line[step * stride :])
        covered += step
    return line


def _part(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """The part of a plane that begins in its corner."""
    return np.ascontiguousarray(plane[: shape[0], : shape[1]])
