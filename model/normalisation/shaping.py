"""The digit's ink becomes 28x28: strokes of one width, size-normalised into 20x20, centred by mass."""

import numpy as np
from PIL import Image

from model.normalisation.planes import Plane
from model.normalisation.strokes import with_stroke_width

SIDE = 28
DIGIT_SIDE = 20
FINE = 4
STROKE = 2.6


def shaped(ink: Plane) -> Plane:
    """Return the (28, 28) picture of a digit's ink, cropped to the digit or a little more; 0 paper, 255 ink."""
    return centred(with_stroke_width(_fine(ink), STROKE * FINE))


def _fine(ink: Plane) -> Plane:
    """The ink with its longer side FINE times that of the digit to come, on an empty margin."""
    image = Image.fromarray(ink)
    scale = FINE * (DIGIT_SIDE - 2) / max(ink.shape)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    how = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    margin = 2 * FINE
    canvas = Image.new("L", (size[0] + 2 * margin, size[1] + 2 * margin))
    canvas.paste(image.resize(size, how), (margin, margin))
    return np.asarray(canvas)


def centred(ink: Plane) -> Plane:
    """Scale the ink's box into 20x20, keeping its proportions, and put its centre of mass in the middle of 28x28."""
    image = Image.fromarray(ink)
    box = image.point(lambda level: 255 * (level > 127)).getbbox()
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    if box is None:
        return pixels
    width, height = box[2] - box[0], box[3] - box[1]
    scale = DIGIT_SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(image.resize(size, Image.Resampling.BOX, box=box))
    mass = float(small.sum())
    down = float(small.sum(axis=1) @ np.arange(size[1])) / mass
    across = float(small.sum(axis=0) @ np.arange(size[0])) / mass
    top = min(max(round(SIDE / 2 - down), 0), SIDE - size[1])
    left = min(max(round(SIDE / 2 - across), 0), SIDE - size[0])
    pixels[top : top + size[1], left : left + size[0]] = small
    return pixels
