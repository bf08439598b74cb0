"""Draws what the normaliser does to a few pictures, step by step.

.venv/bin/python -m docs.normaliser_steps
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import synthetic
from benchmarks.corruptions import CORRUPTIONS
from model.images import decode
from model.normalisation import components, frames, ground, planes, rulings, scratches, selection
from model.normalisation.levels import counted
from model.normalisation.planes import Mask, Plane
from model.pixels import normalise
from model.sources import load

HERE = Path(__file__).parent
CELL, GAP = 84, 8


def black_on_white(mask: Mask) -> Plane:
    """A mask as a picture."""
    return np.where(mask, np.uint8(0), np.uint8(255))


def steps(grey: Plane) -> list[Plane]:
    """The picture, its sheet, ink above the local ground, ink, without lines, without scratches, the digit, 28x28."""
    plane, _ = planes.at_working_size(grey)
    plane = planes.without_salt(plane)
    plane = np.ascontiguousarray(frames.without_negative_bands(plane, plane > counted(plane).otsu[0]))
    x0, y0, x1, y1 = frames.inner_box(plane > counted(plane).otsu[0])
    sheet = plane[y0:y1, x0:x1]
    light = ~sheet if ground.is_dark_ink(sheet, counted(sheet)) else sheet
    rises = ground.ink_strength(light, counted(light))
    strength = rises.plane
    paper, full, _ = rises.levels.paper_and_ink()
    ink = strength > (paper + full) / 2
    unlined = rulings.without_rulings(ink)
    clean = scratches.without_scratches(unlined)
    shapes = components.label(clean)
    digit = shapes.mask(selection.select(shapes, strength).chosen)
    shown = 255 - np.clip(strength * (255 / max(full, 1)), 0, 255).astype(np.uint8)
    masks = [black_on_white(mask) for mask in (ink, unlined, clean, digit)]
    return [grey, sheet, shown, *masks, normalise(grey).pixels]


def sheet_of(rows: list[list[Plane]]) -> Image.Image:
    """The pictures in a grid."""
    step = CELL + GAP
    sheet = Image.new("L", (len(rows[0]) * step - GAP, len(rows) * step - GAP), 160)
    for i, row in enumerate(rows):
        for j, plane in enumerate(row):
            image = Image.fromarray(plane)
            share = CELL / max(image.size)
            how = Image.Resampling.BOX if share < 1 else Image.Resampling.NEAREST
            small = image.resize(
                (max(1, round(image.width * share)), max(1, round(image.height * share))), how
            )
            sheet.paste(small, (j * step + (CELL - small.width) // 2, i * step + (CELL - small.height) // 2))
    return sheet


def main() -> None:
    """Write docs/images/normaliser-steps.png and normaliser-kinds.png."""
    digits = load("mnist").images.reshape(-1, 28, 28)
    scenes: list[tuple[Callable[[Plane, np.random.Generator], Plane], int, int]] = [
        (synthetic.photo, 1, 4),
        (synthetic.squared, 2, 3),
        (synthetic.shadow, 7, 6),
        (synthetic.board, 13, 3),
        (synthetic.framed, 15, 9),
        (synthetic.neighbour, 17, 3),
        (synthetic.pencil, 11, 1),
        (CORRUPTIONS["zigzag"], 4, 1),
        (CORRUPTIONS["impulse_noise"], 5, 2),
        (CORRUPTIONS["dense_fog"], 9, 3),
    ]
    rows = [steps(scene(digits[i], np.random.default_rng(seed))) for scene, i, seed in scenes]
    drawn = (HERE.parent / "tests" / "data" / "drawn" / "3_021.png").read_bytes()
    rows.append(steps(decode(drawn).grey))
    sheet_of(rows).save(HERE / "images" / "normaliser-steps.png", optimize=True)

    pairs: list[list[Plane]] = []
    for kind in synthetic.KINDS.values():
        row: list[Plane] = []
        rng = np.random.default_rng(8)
        for digit in digits[20:25]:
            grey = kind(digit, rng)
            row += [grey, normalise(grey).pixels]
        pairs.append(row)
    sheet_of(pairs).save(HERE / "images" / "normaliser-kinds.png", optimize=True)


if __name__ == "__main__":
    main()
