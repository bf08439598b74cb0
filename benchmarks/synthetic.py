"""Pictures people might send, made from MNIST digits: the pen, the paper and the camera, each with a seed.

A digit is drawn as smooth coverage (0 paper, 1 ink) at any size, then put on a paper by a *kind*: a function from
(digit, rng) to a grey (h, w) uint8 picture. ``KINDS`` are whole scenes; ``CORRUPTIONS`` spoil one 28x28 picture.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Grey = NDArray[np.uint8]
Plane = NDArray[np.float64]
Kind = Callable[[Grey, np.random.Generator], Grey]


def to_bytes(plane: Plane) -> Grey:
    return np.rint(np.clip(plane, 0, 1) * 255).astype(np.uint8)


def resized(plane: Plane, width: int, height: int, how: Image.Resampling = Image.Resampling.BICUBIC) -> Plane:
    image = Image.fromarray(plane.astype(np.float32)).resize((max(1, width), max(1, height)), how)
    return np.asarray(image, np.float64)


def blurred(plane: Plane, sigma: float) -> Plane:
    if sigma <= 0:
        return plane
    radius = max(1, int(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        edge = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(plane, edge, mode="edge")
        length = plane.shape[axis]
        plane = sum(t * np.take(padded, range(i, i + length), axis) for i, t in enumerate(taps))
    return plane


def noise(rng: np.random.Generator, height: int, width: int, scale: float) -> Plane:
    """Smooth noise of unit deviation whose grains are about ``scale`` pixels."""
    small = rng.normal(size=(int(height / scale) + 3, int(width / scale) + 3))
    plane = resized(small, int(small.shape[1] * scale) + 1, int(small.shape[0] * scale) + 1)[:height, :width]
    return plane / max(plane.std(), 1e-9)


def tight(digit: Grey) -> Grey:
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def pen(digit: Grey, size: int, width: float = 1.0) -> Plane:
    """Coverage of the digit, its longer side about ``size``; ``width`` makes strokes thinner or thicker."""
    crop = np.pad(tight(digit), 3).astype(np.float64) / 255
    scale = size / (max(crop.shape) - 6)
    fine = max(1, int(np.ceil(120 / size)))
    big = resized(crop, round(crop.shape[1] * scale * fine), round(crop.shape[0] * scale * fine))
    soft = blurred(big, 0.45 * scale * fine)
    level = float(np.clip(0.42 - 0.3 * (width - 1), 0.08, 0.8))
    hard = np.clip((soft - level) * scale * fine / 1.5 + 0.5, 0, 1)
    small = resized(hard, hard.shape[1] // fine, hard.shape[0] // fine, Image.Resampling.BOX)
    rows, columns = np.flatnonzero(small.max(1) > 0.2), np.flatnonzero(small.max(0) > 0.2)
    if len(rows) == 0:
        return pen(digit, size, width + 0.3)
    return small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def skeleton(digit: Grey) -> list[tuple[int, int]]:
    """Centre line pixels of the digit at four times its size (Zhang and Suen's thinning)."""
    ink = np.pad(pen(digit, 80) > 0.5, 2)
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            n = [
                np.roll(ink, s, (0, 1))
                for s in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]
            count = sum(p.astype(int) for p in n)
            turns = sum((~n[i] & n[(i + 1) % 8]).astype(int) for i in range(8))
            a, b = ((0, 2, 4), (2, 4, 6)) if first else ((0, 2, 6), (0, 4, 6))
            free = ~(n[a[0]] & n[a[1]] & n[a[2]]) & ~(n[b[0]] & n[b[1]] & n[b[2]])
            drop = ink & (count >= 2) & (count <= 6) & (turns == 1) & free
            changed |= bool(drop.any())
            ink = ink & ~drop
    return [(int(x), int(y)) for y, x in np.argwhere(ink)]


def hair(digit: Grey, size: int, line: int, *, smooth: bool = False) -> Plane:
    """Coverage of a line ``line`` pixels wide along the centre of the strokes."""
    points = skeleton(digit)
    extent = max(1, *(coordinate for point in points for coordinate in point)) + 1
    scale = size / extent * (4 if smooth else 1)
    side = int(size * (4 if smooth else 1)) + 8
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    there = set(points)
    thick = line * (4 if smooth else 1)
    for x, y in points:
        for nx, ny in ((x + 1, y), (x, y + 1), (x + 1, y + 1), (x - 1, y + 1)):
            if (nx, ny) in there:
                draw.line(
                    [(x * scale + 4, y * scale + 4), (nx * scale + 4, ny * scale + 4)], fill=255, width=thick
                )
    plane = np.asarray(image, np.float64) / 255
    if smooth:
        plane = resized(plane, side // 4, side // 4, Image.Resampling.BOX)
    rows, columns = np.flatnonzero(plane.any(1)), np.flatnonzero(plane.any(0))
    return plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def placed(coverage: Plane, rng: np.random.Generator, margin: tuple[float, float] = (0.1, 0.8)) -> Plane:
    """The digit somewhere on a larger empty sheet; margins are shares of its longer side."""
    unit = max(coverage.shape)
    pads = (rng.uniform(*margin, 4) * unit).astype(int)
    return np.pad(coverage, ((pads[0], pads[1]), (pads[2], pads[3])))


def inked(coverage: Plane, paper: Plane | float, ink: Plane | float) -> Plane:
    return paper * (1 - coverage) + ink * coverage


def negative(scene: Plane, rng: np.random.Generator, share: float) -> Plane:
    return 1 - scene if rng.random() < share else scene


def uneven(rng: np.random.Generator, height: int, width: int, strength: float) -> Plane:
    """A light that falls off slowly, and in half of the pictures a shadow with a soft edge."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    angle = rng.uniform(0, 2 * np.pi)
    across = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    light = 1 + strength * across
    if rng.random() < 0.5:
        softness = rng.uniform(0.02, 0.2)
        light = light * (1 - strength * 0.6 / (1 + np.exp(-(across - rng.uniform(-0.2, 0.2)) / softness)))
    if rng.random() < 0.4:
        light = light * (1 - strength * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    return light


def jpeg(grey: Grey, quality: int) -> Grey:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("L"))


# --- scenes -----------------------------------------------------------------------------------------------------------


def texture(digit: Grey, rng: np.random.Generator) -> Grey:
    c = placed(pen(digit, int(rng.integers(40, 250)), rng.uniform(0.6, 1.4)), rng, (0.05, 0.5))
    h, w = c.shape
    paper = (
        rng.uniform(0.6, 0.92) + rng.uniform(0.02, 0.07) * noise(rng, h, w, 1.5) + 0.03 * noise(rng, h, w, 6)
    )
    paper = paper + rng.uniform(0, 0.06) * noise(rng, h, w, max(h, w) / 4)
    ink = paper - rng.uniform(0.3, 0.55) * (1 + 0.12 * noise(rng, h, w, 3))
    return to_bytes(inked(c, paper, ink))


def rough(digit: Grey, rng: np.random.Generator) -> Grey:
    """Coarse wood- or cloth-like ground nearly as strong as the ink."""
    c = placed(pen(digit, int(rng.integers(60, 250)), rng.uniform(0.8, 1.6)), rng, (0.1, 0.5))
    h, w = c.shape
    fibres = noise(rng, h, w * 6, 4)[:, ::6][:h, :w]
    paper = rng.uniform(0.55, 0.75) + 0.06 * fibres + 0.04 * noise(rng, h, w, 2)
    return to_bytes(inked(c, paper, paper - rng.uniform(0.3, 0.45)))


def ruled(digit: Grey, rng: np.random.Generator) -> Grey:
    return _lines(digit, rng, squared=False)


def squared(digit: Grey, rng: np.random.Generator) -> Grey:
    return _lines(digit, rng, squared=True)


def _lines(digit: Grey, rng: np.random.Generator, *, squared: bool) -> Grey:
    c = placed(pen(digit, int(rng.integers(50, 220)), rng.uniform(0.5, 1.1)), rng, (0.15, 0.6))
    h, w = c.shape
    paper = rng.uniform(0.8, 0.97) + 0.012 * rng.normal(size=(h, w))
    pitch = max(h, w) * (rng.uniform(0.12, 0.3) if squared else rng.uniform(0.25, 0.6))
    thick = max(1.0, max(h, w) * rng.uniform(0.005, 0.015))
    tilt = rng.uniform(-0.03, 0.03)
    y, x = np.mgrid[0:h, 0:w]
    lines = np.abs((y + tilt * x - rng.uniform(0, pitch)) % pitch) < thick
    if squared:
        lines |= np.abs((x - tilt * y - rng.uniform(0, pitch)) % pitch) < thick
    paper = paper - rng.uniform(0.12, 0.35) * blurred(lines.astype(float), 0.6)
    return to_bytes(blurred(inked(c, paper, rng.uniform(0.05, 0.35)), rng.uniform(0, 1)))


def shadow(digit: Grey, rng: np.random.Generator) -> Grey:
    c = placed(pen(digit, int(rng.integers(50, 250)), rng.uniform(0.6, 1.3)), rng)
    light = uneven(rng, *c.shape, rng.uniform(0.6, 1.1))
    scene = inked(c, 0.8, rng.uniform(0.1, 0.45)) * light
    return to_bytes(scene + 0.01 * rng.normal(size=c.shape))


def faint(digit: Grey, rng: np.random.Generator) -> Grey:
    c = placed(pen(digit, int(rng.integers(40, 250)), rng.uniform(0.7, 1.3)), rng)
    step = rng.uniform(0.05, 0.14) * rng.choice([-1, 1])
    ground = rng.uniform(0.2, 0.8)
    return to_bytes(ground + step * c + rng.uniform(0, 0.008) * rng.normal(size=c.shape))


def board(digit: Grey, rng: np.random.Generator) -> Grey:
    c = placed(pen(digit, int(rng.integers(50, 250)), rng.uniform(0.7, 1.4)), rng)
    h, w = c.shape
    ground = rng.uniform(0.1, 0.35) + 0.03 * noise(rng, h, w, 2) + 0.04 * noise(rng, h, w, max(h, w) / 5)
    chalk = ground + rng.uniform(0.3, 0.55) * np.clip(1 + 0.25 * noise(rng, h, w, 1.2), 0.3, 1.3)
    return to_bytes(inked(c, ground, chalk))


def corner(digit: Grey, rng: np.random.Generator) -> Grey:
    c = pen(digit, int(rng.integers(24, 60)), rng.uniform(0.8, 1.3))
    side = int(max(c.shape) * rng.uniform(4, 12))
    sheet = np.zeros((side, side))
    y, x = (int(rng.uniform(0.02, 0.98) * (side - s)) for s in c.shape)
    sheet[y : y + c.shape[0], x : x + c.shape[1]] = c
    scene = inked(sheet, 0.9, 0.15) + rng.choice([0, 0.015]) * rng.normal(size=sheet.shape)
    return to_bytes(negative(scene, rng, 0.4))


def filled(digit: Grey, rng: np.random.Generator) -> Grey:
    """Cropped to the ink, or a little into it; either polarity."""
    c = pen(digit, int(rng.integers(20, 200)), rng.uniform(0.7, 1.6))
    cut = int(0.03 * max(c.shape)) if rng.random() < 0.5 else 0
    c = c[cut : c.shape[0] - cut or None, cut : c.shape[1] - cut or None]
    scene = inked(c, 0.9, 0.1) + rng.choice([0, 0.02]) * rng.normal(size=c.shape)
    return to_bytes(negative(scene, rng, 0.5))


def edge(digit: Grey, rng: np.random.Generator) -> Grey:
    """The digit touches one border of a sheet."""
    c = placed(pen(digit, int(rng.integers(30, 200)), rng.uniform(0.7, 1.4)), rng, (0.15, 0.7))
    rows, columns = np.flatnonzero(c.max(1) > 0.2), np.flatnonzero(c.max(0) > 0.2)
    side = rng.integers(4)
    c = (c[rows[0] :], c[: rows[-1] + 1], c[:, columns[0] :], c[:, : columns[-1] + 1])[side]
    scene = inked(c, 0.85, 0.2) + 0.01 * rng.normal(size=c.shape)
    return to_bytes(negative(scene, rng, 0.4))


def neighbour(digit: Grey, rng: np.random.Generator) -> Grey:
    """A piece of the next digit peeps in at a side."""
    size, width = int(rng.integers(50, 200)), rng.uniform(0.7, 1.2)
    c = placed(pen(digit, size, width), rng, (0.15, 0.35))
    other = pen(digit[::-1, ::-1], size, width)
    piece = other[:, : max(2, int(0.25 * size * rng.uniform(0.3, 0.9)))]
    h = min(piece.shape[0], c.shape[0])
    y = int(rng.integers(0, c.shape[0] - h + 1))
    c = np.pad(c, ((0, 0), (0, piece.shape[1])))
    c[y : y + h, -piece.shape[1] :] = piece[:h]
    return to_bytes(inked(c, 0.9, 0.2) + 0.01 * rng.normal(size=c.shape))


def pencil(digit: Grey, rng: np.random.Generator) -> Grey:
    size = int(rng.integers(250, 900))
    c = placed(hair(digit, size, int(rng.integers(1, 4)), smooth=True), rng, (0.1, 0.6))
    scene = inked(c, rng.uniform(0.8, 1.0), rng.uniform(0.2, 0.5))
    return to_bytes(scene + rng.choice([0, 0.012]) * rng.normal(size=c.shape))


def mouse(digit: Grey, rng: np.random.Generator) -> Grey:
    """One-pixel lines without smoothing, on canvases small and large."""
    c = placed(hair(digit, int(rng.choice([18, 24, 40, 80, 200, 300])), 1), rng, (0.05, 0.5))
    scene = inked(c, 1, 0)
    return to_bytes(negative(scene, rng, 0.4))


def blob(digit: Grey, rng: np.random.Generator) -> Grey:
    c = placed(pen(digit, int(rng.integers(30, 200)), rng.uniform(1.6, 2.0)), rng, (0.02, 0.4))
    scene = inked(c, 0.95, 0.05)
    return to_bytes(negative(scene, rng, 0.5))


def framed(digit: Grey, rng: np.random.Generator) -> Grey:
    """A border that lies: a frame, a scanner's dark edge, or bars at two sides."""
    c = placed(pen(digit, int(rng.integers(40, 200)), rng.uniform(0.7, 1.3)), rng, (0.2, 0.5))
    scene = inked(c, 0.9, 0.1) + 0.01 * rng.normal(size=c.shape)
    t = max(1, int(max(c.shape) * rng.uniform(0.02, 0.1)))
    sides = rng.choice(["all", "one", "two", "inner"])
    pads = {
        "all": ((t, t), (t, t)),
        "one": ((0, 0), (t, 0)),
        "two": ((0, 0), (t, t)),
        "inner": ((t, t), (t, t)),
    }[sides]
    scene = np.pad(scene, pads, constant_values=rng.uniform(0, 0.3))
    if sides == "inner":
        scene = np.pad(scene, t, constant_values=0.9)
    return to_bytes(negative(scene, rng, 0.4))


def speckled(digit: Grey, rng: np.random.Generator) -> Grey:
    """Spatter, dots and scratches of the ink's own colour."""
    c = placed(pen(digit, int(rng.integers(50, 200)), rng.uniform(0.8, 1.3)), rng, (0.1, 0.5))
    image = Image.fromarray(to_bytes(c))
    draw = ImageDraw.Draw(image)
    h, w = c.shape
    for _ in range(int(rng.integers(5, 60))):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.003, 0.02) * max(h, w)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    for _ in range(int(rng.integers(0, 4))):
        draw.line((*rng.uniform(0, 1, 2) * (w, h), *rng.uniform(0, 1, 2) * (w, h)), fill=200, width=1)
    return to_bytes(inked(np.asarray(image) / 255.0, 0.9, 0.15))


def scan(digit: Grey, rng: np.random.Generator) -> Grey:
    """A thresholded scan, cropped: black and white with ragged outlines."""
    c = placed(pen(digit, int(rng.integers(24, 90)), rng.uniform(0.7, 1.4)), rng, (0.0, 0.15))
    ragged = blurred(c, 0.6) + 0.18 * noise(rng, *c.shape, 1.5) > 0.5
    scene = 1 - ragged.astype(float)
    return to_bytes(negative(scene, rng, 0.4))


def bitmap16(digit: Grey, rng: np.random.Generator) -> Grey:
    """16x16 black and white, stretched to fill the frame."""
    c = resized(pen(digit, 64, rng.uniform(0.7, 1.3)), 16, 16, Image.Resampling.BOX)
    return to_bytes((c > 0.45).astype(float))


def grey16(digit: Grey, rng: np.random.Generator) -> Grey:
    """16x16 in grey, the digit filling the height, as envelopes were once scanned."""
    c = pen(digit, 64, rng.uniform(0.8, 1.4))
    width = max(4, round(16 * c.shape[1] / c.shape[0] * rng.uniform(0.9, 1.2)))
    small = resized(c, min(16, width), 16, Image.Resampling.BOX)
    pad = 16 - small.shape[1]
    return to_bytes(np.pad(small, ((0, 0), (pad // 2, pad - pad // 2))))


def counts8(digit: Grey, rng: np.random.Generator) -> Grey:
    """8x8 counts of ink, the digit filling the height."""
    c = pen(digit, 32, rng.uniform(0.8, 1.3))
    side = max(c.shape)
    pads = [((side - s) // 2, side - s - (side - s) // 2) for s in c.shape]
    return to_bytes(np.rint(resized(np.pad(c, pads), 8, 8, Image.Resampling.BOX) * 16) / 16)


def counts8_enlarged(digit: Grey, rng: np.random.Generator) -> Grey:
    """8x8 counts of ink that fill the frame, enlarged by whatever program."""
    c = resized(pen(digit, 64, rng.uniform(0.7, 1.4)), 8, 8, Image.Resampling.BOX)
    how = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)[rng.integers(3)]
    side = int(rng.choice([28, 32, 64, 160]))
    return to_bytes(resized(np.rint(c * 16) / 16, side, side, how))


def dithered(digit: Grey, rng: np.random.Generator) -> Grey:
    """Grey paper in one bit."""
    c = placed(pen(digit, int(rng.integers(60, 250)), rng.uniform(0.7, 1.3)), rng, (0.1, 0.6))
    scene = to_bytes(negative(inked(c, 0.85, 0.1), rng, 0.5))
    return np.asarray(Image.fromarray(scene).convert("1").convert("L"))


def vignette(digit: Grey, rng: np.random.Generator) -> Grey:
    """Light that falls off towards the corners, which become as dark as the ink."""
    c = placed(pen(digit, int(rng.integers(60, 250)), rng.uniform(0.7, 1.2)), rng, (0.15, 0.7))
    h, w = c.shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    light = 1 - rng.uniform(0.2, 0.4) * (x * x + y * y)
    return to_bytes(inked(c, 0.85, 0.25) * light + 0.01 * rng.normal(size=c.shape))


def desk(digit: Grey, rng: np.random.Generator) -> Grey:
    """A photo of a whole sheet, a little turned, on a darker desk."""
    c = placed(pen(digit, int(rng.integers(120, 250)), rng.uniform(0.4, 0.9)), rng, (0.3, 0.7))
    sheet = Image.fromarray(to_bytes(inked(c, 0.88, 0.2))).convert("LA")
    turned = sheet.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC, expand=True)
    margin = int(rng.uniform(0.05, 0.3) * max(c.shape))
    grey, there = np.pad(np.asarray(turned) / 255.0, ((margin, margin), (margin, margin), (0, 0))).transpose(
        2, 0, 1
    )
    ground = rng.uniform(0.15, 0.5) + 0.04 * noise(rng, *grey.shape, rng.choice([1.0, 5.0]))
    return jpeg(to_bytes(grey * there + ground * (1 - there)), 75)


def photo(digit: Grey, rng: np.random.Generator) -> Grey:
    c = placed(pen(digit, int(rng.integers(60, 300)), rng.uniform(0.3, 1.3)), rng, (0.1, 1.0))
    h, w = c.shape
    paper = rng.uniform(0.5, 0.85) + 0.02 * noise(rng, h, w, 2) + 0.01 * noise(rng, h, w, 8)
    ink = paper - rng.uniform(0.18, 0.5) * (1 + 0.1 * noise(rng, h, w, 4))
    scene = inked(c, paper, ink) * uneven(rng, h, w, rng.uniform(0.1, 0.6))
    scene = blurred(scene, rng.uniform(0, 1.5)) + rng.uniform(0, 0.025) * rng.normal(size=c.shape)
    return jpeg(to_bytes(scene), int(rng.integers(30, 95)))


KINDS: dict[str, Kind] = {
    f.__name__: f
    for f in (
        texture, rough, ruled, squared, shadow, faint, board, corner, filled, edge, neighbour, pencil, mouse, blob,
        framed, speckled, scan, bitmap16, grey16, counts8, counts8_enlarged, dithered, vignette, desk, photo,
    )
}  # fmt: skip
