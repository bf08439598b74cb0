"""Which side is ink, and how strong it is at every pixel once uneven light and paper are taken away."""

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Plane, blurred, opened
from model.normalisation.thresholds import otsu, separability

# Windows of the local background, as shares of the longer side: from thin pens to strokes that fill the frame.
WINDOWS = (1 / 12, 1 / 7, 1 / 4, 1 / 2)
ENOUGH = 0.8
STROKE_SCALE = 1 / 7
POLARITY_WEIGHTS = np.array([7.5, 2.5, 4.6])
FLAT = 0.04
TWO_LEVELS = 0.78


def is_dark_ink(plane: Plane) -> bool:
    """Return whether the ink is darker than its ground, by a vote of cues that each change sign with the negative."""
    return bool(polarity_cues(plane) @ POLARITY_WEIGHTS > 0)


def polarity_cues(plane: Plane) -> NDArray[np.float64]:
    """Three numbers in [-1, 1], positive where the ink seems dark.

    The border belongs to the ground, as far as one threshold divides the picture well; at the scale of strokes more
    that is thin is dark than light, which counts the more the worse one threshold does.
    """
    levels = plane.astype(np.float32)
    trust = separability(plane) ** 3
    low, high = int(plane.min()), int(plane.max())
    border = np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])
    light_border = 2 * np.count_nonzero(2 * border.astype(np.int16) > low + high) / border.size - 1
    window = _window(plane, STROKE_SCALE)
    dark = float(np.square(_local_ground(~plane, window) - (255 - levels)).mean())
    light = float(np.square(levels - _local_ground(plane, window)).mean())
    thin = (dark - light) / (dark + light + 1)
    return np.array([light_border * trust, thin, thin * (1 - trust)])


def ink_strength(plane: Plane) -> Plane:
    """Return how far each pixel of a plane with light ink rises above its local ground, 0-255.

    The ground is the opening by the smallest window that still shows nearly all the contrast the largest one shows:
    smaller than a shadow, larger than a stroke. It follows slopes and the edges of shadows exactly.
    """
    flat = _flat_ground(plane)
    if flat is not None:
        return np.maximum(plane, flat) - flat
    smooth = blurred(plane, 1.0)
    grounds = [_local_ground(smooth, _window(plane, share)) for share in WINDOWS]
    rises = [float(np.percentile(smooth - ground, 99)) for ground in grounds]
    chosen = next(i for i, rise in enumerate(rises) if rise >= ENOUGH * max(rises))
    ground = grounds[min(chosen + 1, len(WINDOWS) - 1)]
    return np.maximum(plane, ground) - ground


def _local_ground(plane: Plane, window: int) -> Plane:
    """The opening of the plane continued beyond its borders, so that a slope's end is not taken for a shape."""
    half = window // 2
    beyond = opened(np.pad(plane, half, mode="edge"), window)
    return beyond[half : half + plane.shape[0], half : half + plane.shape[1]]


def _flat_ground(plane: Plane) -> np.uint8 | None:
    """The level of a ground that is the same everywhere; None where it is not."""
    light = plane > otsu(plane)
    if separability(plane) < TWO_LEVELS:
        return None
    ground, ink = plane[~light], np.median(plane[light])
    level = np.median(ground)
    spread = np.median(np.abs(ground - level.astype(np.float32)))
    return np.uint8(level) if spread <= FLAT * (ink - level) else None


def noise_level(plane: Plane) -> float:
    """Return the standard deviation of the pixel noise, from the median difference of neighbours."""
    steps = np.abs(np.diff(plane.astype(np.int16), axis=1)) if plane.shape[1] > 1 else np.zeros(1)
    return float(np.median(steps)) / 0.954


def _window(plane: Plane, share: float) -> int:
    return max(3, round(max(plane.shape) * share) | 1)
