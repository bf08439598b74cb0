"""How a person uses the page: drawing with the mouse, and reading what it says."""

import io
import re
from collections.abc import Sequence

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from model.sources import load_test

Stroke = Sequence[tuple[float, float]]

DIGITS: dict[int, tuple[Stroke, ...]] = {
    1: (((0.52, 0.15), (0.51, 0.5), (0.5, 0.85)),),
    4: (
        ((0.36, 0.2), (0.32, 0.4), (0.3, 0.55), (0.5, 0.56), (0.72, 0.54)),
        ((0.6, 0.22), (0.59, 0.5), (0.57, 0.85)),
    ),
    7: (((0.28, 0.2), (0.5, 0.19), (0.7, 0.2), (0.62, 0.4), (0.52, 0.6), (0.45, 0.85)),),
}


def draw(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw strokes on the pad with the mouse; points are shares of its side."""
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if number == 0:
                page.mouse.down()
        page.mouse.up()


def expect_digit(page: Page, digit: int | str) -> None:
    """Wait until the page says that it read this digit."""
    expect(page.locator("#digit")).to_have_text(str(digit))


def expect_final(page: Page, digit: int) -> None:
    """Wait for the answer to the picture as it is with the pen lifted: only that one is spoken to screen readers."""
    expect(page.locator("#spoken")).to_have_text(re.compile(str(digit)))


def mnist_png(label: int) -> bytes:
    """The first test digit of MNIST with this label, dark on white and larger, as a PNG."""
    data = load_test()
    pixels = data.images[int(np.flatnonzero(data.labels == label)[0])].reshape(28, 28)
    file = io.BytesIO()
    Image.fromarray(255 - pixels).resize((140, 140)).save(file, "PNG")
    return file.getvalue()
