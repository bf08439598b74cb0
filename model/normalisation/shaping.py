"""The digit's ink becomes 28x28: strokes of one width, size-normalised into 20x20, centred by mass."""

import numpy as np
from PIL import Image

from model.normalisation.planes import Plane
from model.normalisation.strokes import with_stroke_width

SIDE = 28
DIGIT_SIDE = 20
FINE = 3
MARGIN = 2
STROKES = (1.7, 2.7)
STRETCHED = 0.5
SQUARE = (0.7, 1.4)
STROKE_SHARE = 0.18
INDEX = np.arange(SIDE, dtype=np.float32)
ONES = np.ones(SIDE, np.float32)


def unstretched(ink: Plane) -> Plane:
    """Return the ink of a digit that fills its picture, made narrow again if it is a 1 stretched to the full width.

    Only then are the runs of ink in a row half as long as the box, which is about square, on average.
    """
    height, width = ink.shape
    solid = ink > 127
    runs = np.count_nonzero(solid[:, 1:] > solid[:, :-1]) + np.count_nonzero(solid[:, 0])
    run = float(np.count_nonzero(solid)) / max(int(runs), 1)
    if run < STRETCHED * width or not SQUARE[0] < width / height < SQUARE[1]:
        return ink
    narrow = max(1, round(width * STROKE_SHARE * height / run))
    return np.asarray(Image.fromarray(ink).resize((narrow, height), Image.Resampling.BOX))


def shaped(ink: Plane) -> Plane:
    """Return the (28, 28) picture of a digit's ink, cropped to the digit or a little more; 0 paper, 255 ink."""
    return centred(with_stroke_width(_fine(ink), STROKES[0] * FINE, STROKES[1] * FINE))


def _fine(ink: Plane) -> Image.Image:
    """The ink with its longer side FINE times that of the digit to come, on an empty margin."""
    height, width = ink.shape
    longer = max(height, width)
    margin = -(-longer * MARGIN // DIGIT_SIDE)
    canvas = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    canvas[margin : margin + height, margin : margin + width] = ink
    scale = FINE * DIGIT_SIDE / longer
    size = (max(1, round(canvas.shape[1] * scale)), max(1, round(canvas.shape[0] * scale)))
    how = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    return Image.fromarray(canvas).resize(size, how)


def centred(image: Image.Image) -> Plane:
    """Scale the ink's box into 20x20, keeping its proportions, and put its centre of mass in the middle of 28x28."""
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    box = Image.fromarray(np.asarray(image) & 128).getbbox()
    if box is None:
        return pixels
    scale = DIGIT_SIDE / max(box[2] - box[0], box[3] - box[1])
    width, height = (max(1, round((box[i + 2] - box[i]) * scale)) for i in (0, 1))
    small = np.asarray(image.resize((width, height), Image.Resampling.BOX, box=box))
    levels = small.astype(np.float32)
    levels *= 255 / levels.max()
    rows = levels @ ONES[:width]
    mass = float(rows @ ONES[:height])
    top = round(SIDE / 2 - float(rows @ INDEX[:height]) / mass)
    left = round(SIDE / 2 - float((levels @ INDEX[:width]) @ ONES[:height]) / mass)
    top, left = min(max(top, 0), SIDE - height), min(max(left, 0), SIDE - width)
    pixels[top : top + height, left : left + width] = np.rint(levels)
    return pixels
