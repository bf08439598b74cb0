"""Colour and transparency become one grey plane in which the ink stays visible.

Luminance is the wrong plane for yellow ink on white paper or red on an equally bright green, and a fixed ground
behind a transparent picture hides ink of that very colour. Both choices are therefore made from the picture.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SAMPLE_SIDE = 96
LUMINANCE = np.array([0.299, 0.587, 0.114])
LUMINANCE_ENOUGH = 0.5
SHEET_SHARE = 0.5
SHEET_CONTRAST = 24.0


def flatten(image: Image.Image) -> Image.Image:
    """Return an RGBA picture as RGB on the ground that shows its ink best.

    Thin dark ink on nothing goes on white and light ink on black. A picture that is mostly opaque and has contrast of
    its own is a sheet of paper with transparent surroundings: they take the paper's colour, so they add no edge.
    """
    if image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, _ground(sampled(image)))
    return Image.alpha_composite(ground, image).convert("RGB")


def to_grey(image: Image.Image) -> Image.Image:
    """Return an RGB picture as mode L along the colour direction in which strokes differ most from their ground.

    That is luminance unless it would lose more than half of the contrast: then the first principal component of what
    is left after the slow changes of the ground are taken away.
    """
    sample = sampled(image)
    axis = None if _is_grey(sample) else _stroke_axis(sample)
    return image.convert("L") if axis is None else _project(sample, image, axis)


def _is_grey(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return red.tobytes() == green.tobytes() == blue.tobytes()


def sampled(image: Image.Image) -> Image.Image:
    """Return the picture with its longer side brought near SAMPLE_SIDE: enough to judge colours by."""
    factor = max(1, max(image.size) // SAMPLE_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _ground(image: Image.Image) -> tuple[int, int, int, int]:
    """The colour to put behind a partly transparent picture."""
    pixels = np.asarray(image, np.float64).reshape(-1, 4)
    opaque = pixels[pixels[:, 3] > 127, :3]
    if len(opaque) == 0:
        opaque = pixels[pixels[:, 3] > 0, :3]
    if len(opaque) == 0:
        return (255, 255, 255, 255)
    brightness = opaque @ LUMINANCE
    if len(opaque) > SHEET_SHARE * len(pixels) and brightness.std() > SHEET_CONTRAST:
        red, green, blue = np.median(opaque, axis=0).astype(int).tolist()
        return (red, green, blue, 255)
    level = 255 if brightness.mean() < 128 else 0
    return (level, level, level, 255)


def _stroke_axis(image: Image.Image) -> NDArray[np.float64] | None:
    """The unit colour direction of the strongest detail, or None where luminance shows it well enough."""
    blurred = image.filter(ImageFilter.BoxBlur(max(2, max(image.size) // 8)))
    detail = (np.asarray(image, np.float64) - np.asarray(blurred, np.float64)).reshape(-1, 3)
    covariance = detail.T @ detail / len(detail)
    seen = LUMINANCE @ covariance @ LUMINANCE
    if seen > LUMINANCE_ENOUGH**2 * np.trace(covariance) / 2:  # the strongest is at most all of them
        return None
    strengths, axes = np.linalg.eigh(covariance)
    if seen >= LUMINANCE_ENOUGH**2 * strengths[-1] / 3:
        return None
    axis: NDArray[np.float64] = axes[:, -1]
    return axis if axis.sum() >= 0 else -axis


def _project(sample: Image.Image, image: Image.Image, axis: NDArray[np.float64]) -> Image.Image:
    """Stretch the projection on ``axis`` over 0-255, as far as that of the sample reaches."""
    values = np.asarray(sample, np.float64).reshape(-1, 3) @ axis
    low, high = float(values.min()), float(values.max())
    scale = 255 / max(high - low, 1e-9)
    return image.convert("L", (*(axis * scale).tolist(), -low * scale))
