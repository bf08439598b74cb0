"""The usual ways of spoiling a 28x28 digit, at moderate severity: noise, blur, weather, digital, strokes and geometry."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.synthetic import Grey, Kind, Plane, blurred, jpeg, noise, resized, to_bytes


def _unit(digit: Grey) -> Plane:
    return digit.astype(np.float64) / 255


def gaussian_noise(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(_unit(digit) + 0.2 * rng.normal(size=(28, 28)))


def shot_noise(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(rng.poisson((_unit(digit) + 0.02) * 6) / 6)


def impulse_noise(digit: Grey, rng: np.random.Generator) -> Grey:
    x = _unit(digit)
    hit = rng.random((28, 28))
    return to_bytes(np.where(hit < 0.05, 0, np.where(hit < 0.1, 1, x)))


def speckle_noise(digit: Grey, rng: np.random.Generator) -> Grey:
    x = _unit(digit)
    return to_bytes(x + x * 0.45 * rng.normal(size=(28, 28)))


def gaussian_blur(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(blurred(_unit(digit), 1.3))


def defocus_blur(digit: Grey, rng: np.random.Generator) -> Grey:
    y, x = np.mgrid[-2:3, -2:3]
    return _convolved(digit, (x * x + y * y <= 4.5).astype(float))


def motion_blur(digit: Grey, rng: np.random.Generator) -> Grey:
    kernel = np.zeros((7, 7))
    angle = rng.uniform(0, np.pi)
    for t in np.linspace(-3, 3, 25):
        kernel[round(3 + t * np.sin(angle)), round(3 + t * np.cos(angle))] += 1
    return _convolved(digit, kernel)


def zoom_blur(digit: Grey, rng: np.random.Generator) -> Grey:
    x = _unit(digit)
    total = x.copy()
    for factor in (1.06, 1.12, 1.18, 1.24):
        side = round(28 * factor / 2) * 2
        off = (side - 28) // 2
        total += resized(x, side, side)[off : off + 28, off : off + 28]
    return to_bytes(total / 5)


def glass_blur(digit: Grey, rng: np.random.Generator) -> Grey:
    y, x = np.mgrid[0:28, 0:28]
    y = np.clip(y + rng.integers(-1, 2, (28, 28)), 0, 27)
    x = np.clip(x + rng.integers(-1, 2, (28, 28)), 0, 27)
    return to_bytes(blurred(blurred(_unit(digit), 0.5)[y, x], 0.5))


def fog(digit: Grey, rng: np.random.Generator) -> Grey:
    cloud = noise(rng, 28, 28, 9) * 0.5 + noise(rng, 28, 28, 4) * 0.2
    cloud = (cloud - cloud.min()) / np.ptp(cloud)
    return to_bytes((_unit(digit) + 1.0 * cloud) / 2)


def dense_fog(digit: Grey, rng: np.random.Generator) -> Grey:
    """Clouds in every size, twice as strong as the digit."""
    cloud = sum(s**0.8 * noise(rng, 28, 28, s) for s in (2, 4, 8, 16))
    cloud = (cloud - cloud.min()) / np.ptp(cloud)
    return to_bytes((_unit(digit) + 2.0 * cloud) / 3)


def frost(digit: Grey, rng: np.random.Generator) -> Grey:
    ice = np.clip(noise(rng, 28, 28, 3) * 0.6 + noise(rng, 28, 28, 1.2) * 0.3, 0, 2)
    return to_bytes(0.8 * _unit(digit) + 0.25 * ice)


def snow(digit: Grey, rng: np.random.Generator) -> Grey:
    flakes = (rng.random((28, 28)) < 0.05).astype(float)
    return to_bytes(0.85 * _unit(digit) + 0.05 + blurred(flakes, 0.6) * 1.6)


def brightness(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(_unit(digit) + rng.uniform(0.3, 0.6))


def contrast(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(0.4 + (_unit(digit) - 0.4) * rng.uniform(0.15, 0.35))


def saturate(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(_unit(digit) * 2.2 - 0.1)


def jpeg_blocks(digit: Grey, rng: np.random.Generator) -> Grey:
    return jpeg(digit, 12)


def pixelate(digit: Grey, rng: np.random.Generator) -> Grey:
    small = Image.fromarray(digit).resize((14, 14), Image.Resampling.BOX)
    return np.asarray(small.resize((28, 28), Image.Resampling.NEAREST))


def quantize(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes(np.rint(_unit(digit) * 2) / 2)


def thresholded(digit: Grey, rng: np.random.Generator) -> Grey:
    return to_bytes((_unit(digit) > 0.5).astype(float))


def elastic(digit: Grey, rng: np.random.Generator) -> Grey:
    y, x = np.mgrid[0:28, 0:28].astype(float)
    return _gathered(digit, y + 1.1 * noise(rng, 28, 28, 7), x + 1.1 * noise(rng, 28, 28, 7))


def rotate(digit: Grey, rng: np.random.Generator) -> Grey:
    return np.asarray(Image.fromarray(digit).rotate(rng.uniform(-22, 22), Image.Resampling.BILINEAR))


def shear(digit: Grey, rng: np.random.Generator) -> Grey:
    s = rng.choice([-0.35, 0.35])
    turned = Image.fromarray(digit).transform((28, 28), Image.Transform.AFFINE, (1, s, -14 * s, 0, 1, 0), 2)
    return np.asarray(turned)


def scale(digit: Grey, rng: np.random.Generator) -> Grey:
    side = int(rng.integers(15, 22))
    sheet = np.zeros((28, 28), np.uint8)
    off = (28 - side) // 2
    sheet[off : off + side, off : off + side] = np.asarray(Image.fromarray(digit).resize((side, side), 2))
    return sheet


def translate(digit: Grey, rng: np.random.Generator) -> Grey:
    padded = np.pad(digit, 6)
    y, x = rng.integers(1, 12, 2)
    return padded[y : y + 28, x : x + 28]


def stripe(digit: Grey, rng: np.random.Generator) -> Grey:
    out = digit.copy()
    out[:, :6] = 255 - out[:, :6]
    out[:, 22:] = 255 - out[:, 22:]
    return out


def line(digit: Grey, rng: np.random.Generator) -> Grey:
    """A line across the whole picture, two pixels wide."""
    image = Image.fromarray(digit.copy())
    first, last = rng.uniform(0, 27, 2)
    ImageDraw.Draw(image).line([(0, first), (27, last)], fill=255, width=2)
    return np.asarray(image)


def dotted_line(digit: Grey, rng: np.random.Generator) -> Grey:
    return _scratched(digit, rng, dots=True)


def zigzag(digit: Grey, rng: np.random.Generator) -> Grey:
    return _scratched(digit, rng, dots=False)


def spatter(digit: Grey, rng: np.random.Generator) -> Grey:
    drops = blurred(rng.normal(size=(28, 28)), 0.9)
    drops = np.clip((drops / drops.std() - 1.6) * 1.5, 0, 1)
    return to_bytes(_unit(digit) * (1 - 0.2 * drops) + drops * 0.8)


def outline(digit: Grey, rng: np.random.Generator) -> Grey:
    """Only the edges of the strokes, as an edge detector leaves them."""
    big = resized(_unit(digit), 112, 112)
    edges = (big > 0.5) & ~(np.asarray(Image.fromarray(to_bytes(big)).filter(ImageFilter.MinFilter(7))) > 127)
    return to_bytes(resized(edges.astype(float), 28, 28, Image.Resampling.BOX) * 1.6)


def _convolved(digit: Grey, kernel: Plane) -> Grey:
    k = len(kernel) // 2
    padded = np.pad(_unit(digit), k)
    weights = kernel / kernel.sum()
    total = np.zeros((28, 28))
    for y, x in np.argwhere(weights > 0):
        total += weights[y, x] * padded[y : y + 28, x : x + 28]
    return to_bytes(total)


def _gathered(digit: Grey, y: Plane, x: Plane) -> Grey:
    plane = _unit(digit)
    y, x = np.clip(y, 0, 26.99), np.clip(x, 0, 26.99)
    i, j = y.astype(int), x.astype(int)
    a, b = y - i, x - j
    top = plane[i, j] * (1 - b) + plane[i, j + 1] * b
    return to_bytes(top * (1 - a) + (plane[i + 1, j] * (1 - b) + plane[i + 1, j + 1] * b) * a)


def _scratched(digit: Grey, rng: np.random.Generator, *, dots: bool) -> Grey:
    image = Image.fromarray(digit.copy())
    draw = ImageDraw.Draw(image)
    y0, y1 = rng.uniform(3, 25, 2)
    points = [(x, y0 + (y1 - y0) * x / 27) for x in range(28)]
    if dots:
        draw.point([p for i, p in enumerate(points) if i % 3 == 0], fill=255)
    else:
        draw.line(
            [(x, y + (2.5 if i % 2 else -2.5)) for i, (x, y) in enumerate(points[::4])], fill=255, width=1
        )
    return np.asarray(image)


CORRUPTIONS: dict[str, Kind] = {
    f.__name__: f
    for f in (
        gaussian_noise, shot_noise, impulse_noise, speckle_noise, gaussian_blur, defocus_blur, motion_blur, zoom_blur,
        glass_blur, fog, dense_fog, frost, snow, brightness, contrast, saturate, jpeg_blocks, pixelate, quantize, thresholded,
        elastic, rotate, shear, scale, translate, stripe, line, dotted_line, zigzag, spatter, outline,
    )
}  # fmt: skip
