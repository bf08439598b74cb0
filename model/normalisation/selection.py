"""Which of the shapes in a picture are the digit, and how many digits there are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.normalisation.components import Components
from model.normalisation.planes import Box, Plane

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

SPECK = 0.04
"""Mass, times that of the main shape, below which a piece is a speck."""

SPATTER = 0.12
"""The same where there are many small pieces, which are those below this."""

MANY_PIECES = 5
"""Small pieces: from so many on they are spatter."""

NEAR = 0.22
"""Gap up to which a piece belongs to the digit, times the longer side of the box around what does so far."""

DASH = 0.05
"""The same times the plane's longer side, if that is more, as for a digit in dashes."""

OFF_CENTRE = 0.6
"""Share of its prominence that a shape with its middle on the border loses; further in, less by the square."""

AT_BORDER = 0.5
"""Share of its prominence that a shape keeps if it touches the border."""

SIMILAR_HEIGHT = 0.6
"""Height of another digit, times the main one's, at least; also the rows both share, times the shorter one's."""

SIMILAR_MASS = 0.25
"""Mass of another digit, times that of the main one, at least."""

PAIR_WIDTH = 0.85
"""Width of two digits side by side, times the height of the taller, at least; narrower, they count as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The digit among the shapes.

    Args:
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

    Pieces belong to it that are near, no specks (and where there are many small pieces, all but large ones are specks),
    no strokes peeping in over the border, and no digits of their own.

    Args:
        found: at least one shape.
        ink: (h, w) strength of the ink.
    """
    if len(found) == 1:
        x0, y0, x1, y1 = found.boxes[0].tolist()
        return Selection(np.ones(1, np.bool_), (x0, y0, x1, y1), 1, 1.0)
    mass = found.mass(ink)
    touches = _touched_borders(found)
    main = int((mass * _prominence(found, touches)).argmax())
    clear = ~(touches & ~touches[:, [main]]).any(axis=0)
    others = _other_digits(found, mass, main) & clear
    least = SPECK if np.count_nonzero(mass < SPATTER * mass[main]) < MANY_PIECES else SPATTER
    worthy = (mass >= least * mass[main]) & ~others & clear
    chosen = np.zeros(len(found), np.bool_)
    chosen[main] = True
    box = _union(found.boxes[chosen])
    while np.count_nonzero(worthy) > np.count_nonzero(chosen):
        reach = max(NEAR * max(box[2] - box[0], box[3] - box[1]), DASH * max(found.ink.shape))
        near = worthy & ~chosen & (_gap(found.boxes, box) <= reach)
        if not near.any():
            break
        chosen |= near
        box = _union(found.boxes[chosen])
    share = float(mass[chosen].sum()) / max(float(mass.sum()), 1e-9)
    return Selection(chosen, box, 1 + int(np.count_nonzero(others)), share)


def _prominence(found: Components, touches: Chosen) -> Floats:
    """Between 0 and 1 for each shape: less off the middle, less at the border."""
    height, width = found.ink.shape
    x0, y0, x1, y1 = found.boxes.T
    off = np.maximum(np.abs((x0 + x1) / width - 1), np.abs((y0 + y1) / height - 1))
    prominence: Floats = (1 - OFF_CENTRE * off * off) * np.where(touches.any(axis=0), AT_BORDER, 1.0)
    return prominence


def _touched_borders(found: Components) -> Chosen:
    """(4, n): which shapes touch the left, top, right and bottom border."""
    height, width = found.ink.shape
    x0, y0, x1, y1 = found.boxes.T
    return np.array([x0 == 0, y0 == 0, x1 == width, y1 == height])


def _other_digits(found: Components, mass: Floats, main: int) -> Chosen:
    """Shapes beside the main one that are about as tall and stand clear of it."""
    heavy = mass >= SIMILAR_MASS * mass[main]
    if np.count_nonzero(heavy) == 1:
        return np.zeros_like(heavy)
    x0, y0, x1, y1 = found.boxes.T
    height = y1 - y0
    apart = (x0 >= x1[main]) | (x1 <= x0[main])
    level = np.minimum(y1, y1[main]) - np.maximum(y0, y0[main]) >= SIMILAR_HEIGHT * np.minimum(
        height, height[main]
    )
    wide = np.maximum(x1, x1[main]) - np.minimum(x0, x0[main]) >= PAIR_WIDTH * np.maximum(
        height, height[main]
    )
    tall = height >= SIMILAR_HEIGHT * height[main]
    others: Chosen = apart & level & wide & tall & heavy
    return others


def _union(boxes: NDArray[np.intp]) -> Box:
    x0, y0 = boxes[:, :2].min(axis=0).tolist()
    x1, y1 = boxes[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1


def _gap(boxes: NDArray[np.intp], box: Box) -> Floats:
    """Distance in pixels between each box and the given one, 0 where they overlap."""
    across = np.maximum(np.maximum(boxes[:, 0] - box[2], box[0] - boxes[:, 2]), 0)
    down = np.maximum(np.maximum(boxes[:, 1] - box[3], box[1] - boxes[:, 3]), 0)
    gap: Floats = np.hypot(across, down)
    return gap
