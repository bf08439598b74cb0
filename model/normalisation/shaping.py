"""The digit's ink becomes 28x28: strokes of one width, size-normalised into 20x20, centred by mass."""

import numpy as np
from PIL import Image

from model.form import DIGIT_SIDE, SIDE
from model.normalisation.planes import Plane, extent
from model.normalisation.resampling import Floats, averaging, both, enlarging
from model.normalisation.strokes import with_stroke_width

FINE = 3
"""Fine pixels along one of the 28; strokes get their width in these."""

MARGIN = 2
"""Pixels of the 28 that are empty around the fine digit, as strokes may become wider."""

STROKES = (1.7, 3.6)
"""Pixels of the 28: the least and the greatest stroke width, as far as strokes can be brought there."""

STRETCHED = 0.5
"""Share of the width that the rows of a stretched 1 cover on average, at least."""

LEAST_RUN = 0.35
"""Share of the width that each of its rows covers, at least, but for the shortest eighth."""

ONE_RUN = 1.1
"""Runs of ink per row of it, on average, at most."""

SQUARE = (0.7, 1.4)
"""Width, times the height, between which ink is about square."""

STROKE_SHARE = 0.18
"""Stroke width of a 1 that was made narrow again, times its height."""

INDEX = np.arange(SIDE, dtype=np.float32)
"""The number of each row or column: ink times it, over the mass, is the centre of mass."""

ONES = np.ones(SIDE, np.float32)
"""Ink times it is the sum of each row or column."""


def unstretched(ink: Plane) -> Plane:
    """Return the ink of a digit that fills its picture, made narrow again if it is a 1 stretched to the full width.

    Only then each row of the ink, which is about square, is one run, and nearly all of them are half as long as the box.
    """
    height, width = ink.shape
    solid = ink > 127
    runs = np.count_nonzero(solid[:, 1:] > solid[:, :-1]) + np.count_nonzero(solid[:, 0])
    if runs > ONE_RUN * height or not SQUARE[0] < width / height < SQUARE[1]:
        return ink
    lengths = np.sort(np.count_nonzero(solid, axis=1))
    run = float(lengths.mean())
    if run < STRETCHED * width or lengths[height // 8] < LEAST_RUN * width:
        return ink
    narrow = max(1, round(width * STROKE_SHARE * height / run))
    return np.asarray(Image.fromarray(ink).resize((narrow, height), Image.Resampling.BOX))


def shaped(ink: Plane) -> Plane:
    """Return the (28, 28) picture of a digit's ink, cropped to the digit or a little more; 0 paper, 255 ink."""
    return centred(with_stroke_width(_fine(ink), STROKES[0] * FINE, STROKES[1] * FINE))


def _fine(ink: Plane) -> Floats:
    """The ink with its longer side FINE times that of the digit to come, on an empty margin."""
    height, width = ink.shape
    scale = FINE * DIGIT_SIDE / max(height, width)
    wanted = max(1, round(height * scale)), max(1, round(width * scale))
    margin = FINE * MARGIN
    fine = np.zeros((wanted[0] + 2 * margin, wanted[1] + 2 * margin), np.float32)
    inside = both(enlarging(height, wanted[0]), ink.astype(np.float32), enlarging(width, wanted[1]))
    inside.clip(0, 255, out=fine[margin:-margin, margin:-margin])
    return fine


def centred(ink: Floats) -> Plane:
    """Scale the ink's box into 20x20, keeping its proportions, and put its centre of mass in the middle of 28x28."""
    box = extent(ink > 127)
    if box is None:
        return np.zeros((SIDE, SIDE), np.uint8)
    x0, y0, x1, y1 = box
    inside = ink[y0:y1, x0:x1]
    scale = DIGIT_SIDE / max(inside.shape)
    height, width = max(1, round(inside.shape[0] * scale)), max(1, round(inside.shape[1] * scale))
    small = both(averaging(inside.shape[0], height), inside, averaging(inside.shape[1], width))
    small *= 255 / small.max()
    return placed(small)


def placed(ink: Floats) -> Plane:
    """Return 28x28 with the ink, 0-255, and its centre of mass as near the middle as whole pixels and the border allow."""
    height, width = ink.shape
    down = ink.dot(ONES[:width])
    mass = float(down.dot(ONES[:height]))
    top = round(SIDE / 2 - float(down.dot(INDEX[:height])) / mass)
    left = round(SIDE / 2 - float(ink.dot(INDEX[:width]).dot(ONES[:height])) / mass)
    top, left = min(max(top, 0), SIDE - height), min(max(left, 0), SIDE - width)
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[top : top + height, left : left + width] = np.rint(ink)
    return pixels
