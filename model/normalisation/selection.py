"""Which of the shapes in a picture are the digit, and how many digits there are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.normalisation.components import Components
from model.normalisation.planes import Box, Plane

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

SPECK = 0.04
SPATTER = 0.12
MANY = 5
NEAR = 0.22
OFF_CENTRE = 0.6
AT_BORDER = 0.5
SIMILAR_HEIGHT = 0.6
SIMILAR_MASS = 0.25
WIDE = 0.85


@dataclass(frozen=True, slots=True)
class Selection:
    """Args:
    chosen: (n,) which shapes are the digit.
    box: the box around them.
    count: how many digit-like shapes stand side by side, this one included.
    share: the digit's share of all ink.
    """

    chosen: Chosen
    box: Box
    count: int
    share: float


def select(found: Components, ink: Plane) -> Selection:
    """Choose the heaviest shape, preferring the middle and shapes clear of the border, and what belongs to it.

    Args:
        found: at least one shape.
        ink: (h, w) strength of the ink.
    """
    mass = found.mass(ink)
    main = int((mass * _prominence(found)).argmax())
    others = _other_digits(found, mass, main)
    chosen = np.zeros(len(found), bool)
    chosen[main] = True
    specks = np.count_nonzero(mass < SPATTER * mass[main])
    least = SPECK if specks < MANY else SPATTER
    worthy = (mass >= least * mass[main]) & ~others & ~_peeping(found, main)
    while True:
        near = (
            worthy
            & ~chosen
            & (_gap(found.boxes, _union(found.boxes[chosen])) <= NEAR * _extent(found.boxes[chosen]))
        )
        if not near.any():
            break
        chosen |= near
    share = float(mass[chosen].sum() / max(mass.sum(), 1e-9))
    return Selection(chosen, _union(found.boxes[chosen]), 1 + int(others.sum()), share)


def _prominence(found: Components) -> Floats:
    """Between 0 and 1 for each shape: less off the middle, less at the border."""
    height, width = found.labels.shape
    x0, y0, x1, y1 = found.boxes.T
    off = np.maximum(np.abs((x0 + x1) / width - 1), np.abs((y0 + y1) / height - 1))
    return (1 - OFF_CENTRE * off**2) * np.where(_touches(found), AT_BORDER, 1.0)


def _touches(found: Components) -> Chosen:
    height, width = found.labels.shape
    x0, y0, x1, y1 = found.boxes.T
    touches: Chosen = (x0 == 0) | (y0 == 0) | (x1 == width) | (y1 == height)
    return touches


def _peeping(found: Components, main: int) -> Chosen:
    """Shapes cut off by a border that the main shape keeps clear of."""
    height, width = found.labels.shape
    x0, y0, x1, y1 = found.boxes.T
    sides = np.array([x0 == 0, y0 == 0, x1 == width, y1 == height])
    peeping: Chosen = (sides & ~sides[:, [main]]).any(axis=0)
    return peeping


def _other_digits(found: Components, mass: Floats, main: int) -> Chosen:
    """Shapes beside the main one that are about as tall and stand clear of it."""
    x0, y0, x1, y1 = found.boxes.T
    height = y1 - y0
    apart = (x0 >= x1[main]) | (x1 <= x0[main])
    level = np.minimum(y1, y1[main]) - np.maximum(y0, y0[main]) >= SIMILAR_HEIGHT * np.minimum(
        height, height[main]
    )
    wide = np.maximum(x1, x1[main]) - np.minimum(x0, x0[main]) >= WIDE * np.maximum(height, height[main])
    tall = (height >= SIMILAR_HEIGHT * height[main]) & (mass >= SIMILAR_MASS * mass[main])
    others: Chosen = apart & level & wide & tall & ~_peeping(found, main)
    return others


def _union(boxes: NDArray[np.intp]) -> Box:
    x0, y0 = boxes[:, :2].min(axis=0).tolist()
    x1, y1 = boxes[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1


def _extent(boxes: NDArray[np.intp]) -> int:
    x0, y0, x1, y1 = _union(boxes)
    return max(x1 - x0, y1 - y0)


def _gap(boxes: NDArray[np.intp], box: Box) -> Floats:
    """Distance in pixels between each box and the given one, 0 where they overlap."""
    across = np.maximum(np.maximum(boxes[:, 0] - box[2], box[0] - boxes[:, 2]), 0)
    down = np.maximum(np.maximum(boxes[:, 1] - box[3], box[1] - boxes[:, 3]), 0)
    return np.hypot(across, down)
