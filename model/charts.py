"""Small charts as SVG text, readable on light and dark ground, without a plotting library.

A learning curve and a confusion matrix need lines, squares and words, and a plotting library brings 80 MB to draw them.
"""

from collections.abc import Sequence
from math import floor, log10
from xml.sax.saxutils import escape

import numpy as np

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 64, 40, 48
BLUE, ORANGE = "#3b82c4", "#d9772b"

_STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#555}.title{font-size:15px;font-weight:600}"
    ".axis{stroke:#888}.grid{stroke:#888;stroke-opacity:.25}.line{fill:none;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#bbb}}</style>"
)


def document(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """Return an SVG document with a title above its parts."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(title)}</title>{_STYLE}"
        f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def text(x: float, y: float, words: str, anchor: str = "middle", colour: str | None = None) -> str:
    """Return words at a point; anchor is start, middle or end."""
    fill = f' style="fill:{colour}"' if colour else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{fill}>{escape(words)}</text>'


def round_top(most: float) -> float:
    """Return the next of 1, 2, 5, 10, … (times a power of ten) that is not below."""
    power: float = 10.0 ** floor(log10(most)) if most > 0 else 1.0
    return next(power * step for step in (1, 2, 5, 10) if power * step >= most * 0.999)


def learning_curve(losses: Sequence[float], errors: Sequence[float]) -> str:
    """Return the chart of a training: loss and validation error over the epochs.

    Args:
        losses: mean loss of each epoch.
        errors: validation error after each epoch, 0 to 1.
    """
    parts = [_epoch_axis(len(losses))]
    parts += _series(losses, BLUE, "loss", left=True, unit="")
    parts += _series([100 * error for error in errors], ORANGE, "validation error, %", left=False, unit=" %")
    return document(WIDTH, HEIGHT, "Learning curve", parts)


def _epoch_x(i: int, n: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (i / (n - 1) if n > 1 else 0.5)


def _epoch_axis(n: int) -> str:
    floor_y = HEIGHT - BOTTOM
    every = max(1, n // 8)
    marks = [text(_epoch_x(i, n), floor_y + 18, str(i + 1)) for i in range(0, n, every)]
    return (
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor_y}" y2="{floor_y}"/>'
        + "".join(marks)
        + text(WIDTH / 2, HEIGHT - 8, "epoch")
    )


def _series(values: Sequence[float], colour: str, name: str, *, left: bool, unit: str) -> list[str]:
    top = round_top(max([value for value in values if np.isfinite(value)], default=1.0))
    span = HEIGHT - TOP - BOTTOM
    points = [
        f"{_epoch_x(i, len(values)):.1f},{HEIGHT - BOTTOM - span * value / top:.1f}"
        for i, value in enumerate(values)
    ]
    x, anchor = (LEFT - 8, "end") if left else (WIDTH - RIGHT + 8, "start")
    scale = [
        text(x, HEIGHT - BOTTOM - span * k / 4 + 4, f"{top * k / 4:g}{unit}", anchor, colour)
        for k in range(5)
    ]
    grid = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        for y in (HEIGHT - BOTTOM - span * k / 4 for k in range(1, 5))
    ]
    dots = [
        f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{colour}"/>' for p in points[:40]
    ]
    label = text(LEFT + 150 if left else WIDTH - RIGHT, 24, name, "start" if left else "end", colour)
    line = f'<polyline class="line" stroke="{colour}" points="{" ".join(points)}"/>'
    return [*(grid if left else []), line, *(dots if len(values) <= 40 else []), *scale, label]


def confusion_matrix(counts: "np.ndarray[tuple[int, int], np.dtype[np.intp]]") -> str:
    """Return the chart of which digit was taken for which.

    Args:
        counts: (10, 10); row the true digit, column the digit read.
    """
    cell, start = 40, LEFT
    wrong = counts - np.diag(np.diag(counts))
    darkest = max(1, int(wrong.max()))
    parts = []
    for true in range(10):
        middle = start + cell * true + cell / 2
        parts += [text(start - 14, middle + 4, str(true)), text(middle, start - 8, str(true))]
        for read in range(10):
            colour, share = (BLUE, 0.25) if true == read else (ORANGE, int(wrong[true, read]) / darkest)
            x, y = start + cell * read, start + cell * true
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}" fill="{colour}" '
                f'fill-opacity="{share:.2f}" stroke="#888" stroke-opacity=".3"/>'
            )
            if counts[true, read]:
                parts.append(text(x + cell / 2 - 1, y + cell / 2 + 4, str(counts[true, read])))
    side = start + 10 * cell
    parts += [
        text(side / 2 + start / 2, side + 20, "digit read"),
        text(start - 40, side + 20, "true digit ↑", "start"),
    ]
    return document(side + 24, side + 32, "Confusion matrix", parts)
