"""Which side is ink, and how strong it is at every pixel once uneven light and paper are taken away."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.normalisation.levels import Levels, counted
from model.normalisation.planes import Plane, blurred, eroded, local_ground

WINDOWS = (1 / 12, 1 / 7, 1 / 4, 1 / 2)
"""Windows of the local ground, as shares of the longer side: from thin pens to strokes that fill the frame."""

SMALL = 40
"""Pixels of the longer side: a plane up to this size has room for one window alone."""

TINY = 28
"""The same for a smaller window: a digit fills the frame here, and fog and frost are uneven within strokes."""

TINY_WINDOW = 0.3
"""That smaller window, as a share of the longer side."""

ENOUGH = 0.8
"""Share of the contrast with the largest window that a smaller one shows too, if strokes do not fill it."""

NEARLY_ALL = 0.99
"""Share of the pixels; the contrast is what the others rise by, at least."""

STROKE_SCALE = 1 / 7
"""Side of the square that does not fit into what is thin as strokes, as a share of the longer side."""

BORDER_WEIGHT = 7.5
"""Votes of a border that is all light or all dark, where two levels are all there is."""

THIN_WEIGHT = 2.5
"""Votes of what is thin, if all of it is light or dark, there; a border with more votes decides alone."""

THIN_WEIGHT_UNTRUSTED = 4.6
"""Votes that are added to those where one threshold divides nothing."""

UNEVEN = 2.5
"""Share of its votes a border loses, times its spread over the plane's range, if one threshold divides nothing."""

PIECE = 7
"""Pixels of the border that are averaged into one, as noise spreads levels too."""

FLAT = 0.04
"""Half of how far apart levels of a flat ground may be, as a share of the contrast between ground and ink."""

TWO_LEVELS = 0.7
"""Separability (see ``Levels.otsu``) from which two levels stand out."""

LARGE_SHARE = 0.3
"""Share of light pixels, above which some of them may be an area too large for ink."""

LARGE = 0.6
"""Side of the square that fits into such an area, as a share of the longer side."""

PARTS = 4
"""Parts across, and as many down, whose lowest levels are compared."""

PARTS_AT_GROUND = (6, 10)
"""How many of them share their lowest level where the ground is flat: in a plane up to SMALL, in a larger one."""


def is_dark_ink(plane: Plane, levels: Levels) -> bool:
    """Return whether the ink is darker than its ground, by two cues that change sign with the negative.

    The border belongs to the ground, which counts as far as one threshold divides the picture well; at the scale of
    strokes more that is thin is dark than light, which counts the more the worse one threshold does. Where one threshold does
    badly, a border of many levels counts less.
    """
    _, separability = levels.otsu
    trust = separability**3
    border = BORDER_WEIGHT * trust * _light_border(plane, levels, UNEVEN * (1 - trust))
    thin = THIN_WEIGHT + THIN_WEIGHT_UNTRUSTED * (1 - trust)
    return border > 0 if abs(border) > thin else border + thin * _dark_thinness(plane) > 0


def _light_border(plane: Plane, levels: Levels, uneven: float) -> float:
    """From -1, all of the border is in the dark half of the levels, to 1, all of it is in the light half.

    A border of many levels counts less, the less the larger ``uneven``: where light falls off towards the corners, the
    ground is dark there.
    """
    lowest, highest = levels.quantile(1e-9), levels.quantile(1)
    border = np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])
    middle = (lowest + highest) // 2
    lit = 2 * int(np.count_nonzero(border > middle)) / border.size - 1
    spread = _spread(border, middle, light=lit > 0)
    if spread > 0:  # in the means of pieces, noise is little
        pieces = border[: border.size // PIECE * PIECE].reshape(-1, PIECE).sum(axis=1) / PIECE
        spread = min(spread, _spread(pieces, middle, light=lit > 0))
    return lit * max(0.0, 1 - uneven * spread / max(1, highest - lowest))


def _spread(levels: NDArray[np.generic], middle: int, *, light: bool) -> float:
    """How far apart the levels at one side of the middle are, the tenth at either end left out."""
    ordered = np.sort(levels)
    first_light = int(ordered.searchsorted(middle, side="right"))
    ordered = ordered[first_light:] if light else ordered[:first_light]
    tenth = len(ordered) // 10
    return float(ordered[-1 - tenth]) - float(ordered[tenth]) if len(ordered) else 0.0


def _dark_thinness(plane: Plane) -> float:
    """From -1, all that is as thin as strokes is light, to 1, all of it is dark."""
    window = _window(plane, STROKE_SCALE)
    dark = _energy(~plane - local_ground(~plane, window))
    light = _energy(plane - local_ground(plane, window))
    return (dark - light) / (dark + light + 1.0)


def _energy(plane: Plane) -> float:
    flat = plane.reshape(-1).astype(np.float32)
    return float(flat @ flat) / flat.size


@dataclass(frozen=True, slots=True, eq=False)
class Strength:
    """How far each pixel rises above its ground.

    Args:
        plane: (h, w) the rises, 0-255.
        levels: their levels.
        is_flat: the ground is the same level everywhere.
    """

    plane: Plane
    levels: Levels
    is_flat: bool


def level_of(levels: Levels, *, dark: bool) -> int:
    """Return the level of most of the ground: the middle one of the darker class, or with dark ink of the lighter one."""
    threshold, _ = levels.otsu
    return levels.quantile(0.5, threshold + 1) if dark else levels.quantile(0.5, 0, threshold)


def ink_strength(plane: Plane, levels: Levels, *, tiny: bool = False) -> Strength:
    """Return how far each pixel of a plane with light ink rises above its local ground.

    A ground that is the same everywhere is one level. Otherwise it is the opening by the smallest window, and one step
    more, that still shows nearly all the contrast the largest one shows: smaller than a shadow, larger than a stroke.
    It follows slopes and the edges of shadows exactly. A tiny picture has no room for uneven light.
    """
    may_be_flat = tiny or _has_two_levels(plane, levels)
    flat = _sharp_ground(levels, at_any_rate=tiny) if may_be_flat else None
    if flat is not None:
        return _above(flat, plane, levels)
    smooth = blurred(plane, 1.0)
    flat = _soft_ground(plane, smooth, levels) if may_be_flat else None
    if flat is not None:
        return _above(flat, plane, levels)
    if max(plane.shape) <= SMALL:
        share = TINY_WINDOW if max(plane.shape) <= TINY else WINDOWS[-1]
        ground = local_ground(smooth, _window(smooth, share))
    else:
        ground = _ground_between_strokes(smooth)
    rises = np.maximum(plane, ground) - ground
    return Strength(rises, counted(rises), is_flat=False)


def _above(flat: int, plane: Plane, levels: Levels) -> Strength:
    """What ``ink_strength`` returns above one level."""
    rises = np.maximum(plane, np.uint8(flat)) - np.uint8(flat)
    return Strength(rises, levels.above(flat), is_flat=True)


def _ground_between_strokes(smooth: Plane) -> Plane:
    """The ground by the window after the first that shows ENOUGH of what the largest shows."""
    largest = local_ground(smooth, _window(smooth, WINDOWS[-1]))
    wanted = math.ceil(ENOUGH * counted(smooth - largest).quantile(NEARLY_ALL))
    shown = False
    for share in WINDOWS[:-1]:
        ground = local_ground(smooth, _window(smooth, share))
        if shown:
            return ground
        shown = bool(np.count_nonzero(smooth - ground < wanted) < NEARLY_ALL * smooth.size)
    return largest


def _has_two_levels(plane: Plane, levels: Levels) -> bool:
    """Whether two levels stand out, and the lighter holds no area too large for ink, so that the ground may be flat."""
    threshold, separability = levels.otsu
    if separability < TWO_LEVELS:
        return False
    has_much_ink = levels.below[threshold] < (1 - LARGE_SHARE) * levels.below[-1]
    return not (has_much_ink and eroded(plane > threshold, _window(plane, LARGE)).any())


def _sharp_ground(levels: Levels, *, at_any_rate: bool) -> int | None:
    """The level of a ground whose levels are nearly all the same; None where they are not."""
    threshold, _ = levels.otsu
    lower, level, upper = (levels.quantile(share, 0, threshold) for share in (0.25, 0.5, 0.75))
    return level if at_any_rate or upper - lower <= _give(levels, level) else None


def _soft_ground(plane: Plane, smooth: Plane, levels: Levels) -> int | None:
    """The level of a flat ground under ink as soft as enlarging leaves it; None where there is none, or noise."""
    give = _give(levels, level_of(levels, dark=False))
    if min(plane.shape) < PARTS:
        return None
    lowest = np.sort(_lowest_in_parts(smooth)).tolist()
    enough = PARTS_AT_GROUND[max(plane.shape) > SMALL]
    if lowest[enough - 1] - lowest[0] > give:
        return None
    noise = np.maximum(plane, smooth) - np.minimum(plane, smooth)
    return lowest[0] if int(noise.sum()) / noise.size <= give else None


def _give(levels: Levels, ground: int) -> float:
    """How far apart levels of a flat ground may be."""
    return 2 * FLAT * (levels.quantile(0.5, levels.otsu[0] + 1) - ground)


def _lowest_in_parts(plane: Plane) -> Plane:
    """The lowest level in each of PARTS x PARTS parts: the ground's in most, however soft the ink that fills the frame."""
    height, width = (side // PARTS for side in plane.shape)
    rows = plane[: height * PARTS, : width * PARTS].reshape(PARTS, height, -1).min(axis=1)
    lowest: Plane = rows.reshape(PARTS * PARTS, width).min(axis=1)
    return lowest


def _window(plane: Plane, share: float) -> int:
    side: int = max(plane.shape)
    return max(3, round(side * share) | 1)
