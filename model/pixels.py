"""The only place that turns a grey picture into the 28x28 the network reads, the way MNIST's makers did."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]

VERSION = "1"
SIDE = 28
DIGIT_SIDE = 20

_TOLERANCE = 0.53  # MNIST's digits sit on whole pixels, so their centre of mass is within half a pixel of the middle
_POSITIONS = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2 - 0.5
_MOMENTS = np.stack([np.ones((SIDE, SIDE), np.float32), *np.meshgrid(_POSITIONS, _POSITIONS)], axis=-1).reshape(-1, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """What the network sees, and what was done to get there.

    Args:
        pixels: (28, 28) uint8, 0 paper, 255 ink.
        inverted: the ink was darker than its ground.
        box: (x0, y0, x1, y1) of the digit in pixels of the given picture; x1 and y1 are exclusive.
        blank: no ink was found; ``pixels`` is all zero then and ``box`` the whole picture.
        components: how many separate digit-like shapes stand side by side; 1 for one digit, however broken.
    """

    pixels: Grey
    inverted: bool
    box: tuple[int, int, int, int]
    blank: bool
    components: int


def normalise(grey: Grey) -> Normalised:
    """Return the 28x28 picture of the digit in a grey (h, w) uint8 picture of any size.

    A 28x28 picture that is already as MNIST made it comes through bit for bit unchanged; so does its negative.
    """
    if grey.shape == (SIDE, SIDE):
        for pixels, inverted in ((grey, False), (~grey, True)):
            if is_mnist_like(pixels):
                return Normalised(pixels, inverted, _box(pixels > 0), False, 1)
    return _whole(grey)


def is_mnist_like(grey: Grey) -> bool:
    """Whether a (28, 28) uint8 picture has light ink of full strength on 0, a longer side of 19 or 20, centred by mass.

    True for each of MNIST's 70,000 digits.
    """
    flat = grey.reshape(-1)
    if flat[0] or flat[-1] or grey.max() < 254:
        return False
    mass, across, down = (flat.astype(np.float32) @ _MOMENTS).tolist()
    if abs(across) > _TOLERANCE * mass or abs(down) > _TOLERANCE * mass:
        return False
    return max(_extent(grey), _extent(grey.T)) in (DIGIT_SIDE - 1, DIGIT_SIDE)


def _extent(grey: Grey) -> int:
    """How many rows lie between the first and the last with ink, both included."""
    ink = grey.tobytes()
    above, below = len(ink) - len(ink.lstrip(b"\0")), len(ink.rstrip(b"\0"))
    return (below - 1) // SIDE - above // SIDE + 1


def _whole(grey: Grey) -> Normalised:
    level = _otsu(grey)
    bright = grey > level
    edge = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    inverted = bool(edge.mean() > 0.5)
    ink = ~bright if inverted else bright
    height, width = grey.shape
    if int(grey.max()) - int(grey.min()) < 8 or not ink.any():
        return Normalised(np.zeros((SIDE, SIDE), np.uint8), inverted, (0, 0, width, height), True, 0)
    box = _box(ink)
    x0, y0, x1, y1 = box
    low, high = np.percentile(grey, [1, 99])
    strength = (high - grey.astype(np.float64)) if inverted else (grey - low)
    strength = np.clip(strength[y0:y1, x0:x1] / max(high - low, 1), 0, 1)
    return Normalised(_centred(np.rint(strength * 255).astype(np.uint8)), inverted, box, False, 1)


def _otsu(grey: Grey) -> int:
    counts = np.bincount(grey.reshape(-1), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    mass = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return int(np.nan_to_num(between).argmax())


def _box(ink: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _centred(ink: Grey) -> Grey:
    """Scale the ink into 20x20 and put its centre of mass in the middle of 28x28."""
    height, width = ink.shape
    scale = DIGIT_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.LANCZOS))
    mass = max(1, int(small.sum()))
    down = (small.sum(axis=1) @ np.arange(size[1])) / mass
    across = (small.sum(axis=0) @ np.arange(size[0])) / mass
    top = int(np.clip(round(SIDE / 2 - down), 0, SIDE - size[1]))
    left = int(np.clip(round(SIDE / 2 - across), 0, SIDE - size[0]))
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[top : top + size[1], left : left + size[0]] = small
    return pixels
