"""Bands at a picture's sides that are no part of the sheet: scanner edges, borders, bars."""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Box, Mask, Plane

WHOLE = 0.95
"""Share of a line (row or column) in the band's colour, light or dark, from which it is solid, as the outermost is."""

BAND = 0.85
"""Share of that colour in all lines of a band together, at least."""

STEP = 0.4
"""Share of that colour lost over two lines at the inner edge, at least; for one line more a quarter of it will do."""

INSIDE = 0.4
"""Share of that colour in the middle half of the picture, at most."""

BEYOND = 0.6
"""Share of that colour in any line right behind the inner edge, at most."""

DEEPEST = 0.3
"""How deep a band may be, as a share of the picture's width or height."""

PERSISTS = 0.08
"""How far right behind the inner edge goes, as a share of the width or height, and three lines more."""

LEAST_TURNS = 0.65
"""Share of a negative band's inner edge along which light and dark change places; either band has more."""

MEAN_TURNS = 0.72
"""The same for both bands on average."""

APART = 0.2
"""Share of light by which negative bands differ from the sheet's ends; a frame's bands go on there."""

ATTACHED = 0.02
"""Share of a line: with so much more of the band's colour than a frame's sides take, a stroke goes on from it."""

LEG = 0.6
"""Share of that colour from which a line across the band is a side of a frame; one alone has to be solid."""

Shares = NDArray[np.float32]


def inner_box(light: Mask) -> Box:
    """Return the box that is left when solid bands with a straight inner edge are taken off all four sides.

    Args:
        light: (h, w) which pixels are on the light side of the picture's threshold.
    """
    height, width = light.shape
    levels = light.astype(np.float32)
    down, across = levels.sum(axis=1) / width, levels.sum(axis=0) / height
    top, bottom = _depths(down, across)
    left, right = _depths(across, down)
    return left, top, width - right, height - bottom


def without_negative_bands(plane: Plane, light: Mask) -> Plane:
    """Return the plane with bands at two opposite sides that are a negative of the sheet between them made positive.

    Light and dark change places along the whole inner edge of such a band, also where a stroke crosses it.

    Args:
        plane: any (h, w) plane.
        light: which of its pixels are on the light side of its threshold.
    """
    left, right = _negative_depths(light)
    if left:
        return _positive(plane, light, left, right)
    top, bottom = _negative_depths(light.T)
    return _positive(plane.T, light.T, top, bottom).T if top else plane


def _negative_depths(light: Mask) -> tuple[int, int]:
    """How many columns at the left and at the right are negative; 0 and 0 unless both are."""
    width = light.shape[1]
    deepest = int(width * DEEPEST)
    if deepest < 1:
        return 0, 0
    turns = np.count_nonzero(light[:, 1:] != light[:, :-1], axis=0) / len(light)
    left, right = int(turns[:deepest].argmax()), int(turns[: -deepest - 1 : -1].argmax())
    at_left, at_right = float(turns[left]), float(turns[-right - 1])
    shares = light[:, : left + 1].mean(), light[:, width - right - 1 :].mean()
    ends = light[0, left + 1 : width - right - 1].mean(), light[-1, left + 1 : width - right - 1].mean()
    # the bands of a frame go on above and below the sheet
    apart = max(min(shares) - max(ends), min(ends) - max(shares))
    if min(at_left, at_right) <= LEAST_TURNS or at_left + at_right <= 2 * MEAN_TURNS or apart <= APART:
        return 0, 0
    return left + 1, right + 1


def _positive(plane: Plane, light: Mask, left: int, right: int) -> Plane:
    """The plane with that many columns turned about the level of their ground, which becomes the sheet's."""
    inner = slice(left, plane.shape[1] - right)
    is_light = bool(light[:, :left].mean() > 0.5)
    ground = plane[:, inner][light[:, inner] != is_light]
    out = plane.astype(np.int16)
    for band in (slice(0, left), slice(inner.stop, None)):
        out[:, band] = int(np.median(ground)) + int(np.median(plane[:, band])) - out[:, band]
    return np.minimum(np.maximum(out, 0), 255).astype(np.uint8)


def _depths(shares: Shares, across: Shares) -> tuple[int, int]:
    """How many lines at the start and at the end are bands.

    Args:
        shares: of light pixels in each line.
        across: the same the other way.
    """
    quarter = len(shares) // 4
    if quarter < 2:
        return 0, 0
    sheet = float(shares[quarter:-quarter].sum()) / (len(shares) - 2 * quarter)
    return _depth(shares, sheet, across), _depth(shares[::-1], sheet, across)


def _depth(shares: Shares, sheet: float, across: Shares) -> int:
    first = float(shares[0])
    if first < 0.5:
        shares, sheet, first, across = 1 - shares, 1 - sheet, 1 - first, 1 - across
    if sheet > INSIDE or first < WHOLE:
        return 0
    length = len(shares)
    drops = shares[: int(length * DEEPEST)] - shares[2 : int(length * DEEPEST) + 2]
    depth = int(drops.argmax()) + 1
    near = shares[depth + 1 : depth + 4 + int(length * PERSISTS)]
    if drops[depth - 1] < STEP or near.max() > BEYOND or shares[:depth].mean() < BAND:
        return 0
    is_stroke = (
        near.min() > _legs(across) + ATTACHED
    )  # as the bar of a 7 at the very edge: others go on from it
    if is_stroke:
        return 0
    return depth + int(shares[depth] - near[0] > STEP / 4)


def _legs(across: Shares) -> float:
    """What share of a line the sides of a frame take: two of them, or one that is solid all along."""
    inside = np.flatnonzero(across < LEG)
    if len(inside) and (inside[0] == 0 or inside[-1] == len(across) - 1):
        inside = np.flatnonzero(across < WHOLE)
    return 1.0 - float(inside[-1] + 1 - inside[0]) / len(across) if len(inside) else 0.0
