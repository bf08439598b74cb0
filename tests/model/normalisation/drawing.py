"""Small pictures drawn for these tests: a 7 of two strokes, on anything."""

import numpy as np
from PIL import Image, ImageDraw

from model.normalisation.planes import Mask, Plane

SEVEN = ((0.25, 0.2), (0.75, 0.2), (0.45, 0.85))
SEVEN_BOX = (0.25, 0.2, 0.75, 0.85)


def stroke(points: tuple[tuple[float, float], ...], width: int, height: int, thick: int) -> Plane:
    """A line through points given as shares of the picture: 255 on 0."""
    image = Image.new("L", (width, height))
    line = [(x * width, y * height) for x, y in points]
    ImageDraw.Draw(image).line(line, fill=255, width=thick, joint="curve")
    return np.array(image)


def seven(width: int = 100, height: int = 100, thick: int = 8) -> Mask:
    """Where the ink of a 7 is."""
    return stroke(SEVEN, width, height, thick) > 127


def on_paper(
    ink: Mask, paper: "np.ndarray[tuple[int, ...], np.dtype[np.float64]] | float", colour: float
) -> Plane:
    """The ink in one grey on a paper of any greys, all 0-255."""
    return np.clip(np.where(ink, colour, paper), 0, 255).astype(np.uint8)


def overlap(one: Mask, other: Mask) -> float:
    """Shared pixels as a share of all: 1 for equal masks."""
    return float(np.count_nonzero(one & other)) / max(int(np.count_nonzero(one | other)), 1)
