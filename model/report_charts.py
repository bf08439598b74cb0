"""The report's charts: points joined by a line, on axes with round numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.assessment import Curve
from model.charts import BLUE, ORANGE, document, round_top, text

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 64, 48


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from the least to the most value, in words and with a factor for display (100 for per cent)."""

    name: str
    least: float
    most: float
    factor: float = 1.0

    def share(self, value: float) -> float:
        """Return where a value lies, 0 to 1."""
        return (value - self.least) / ((self.most - self.least) or 1.0)

    def ticks(self) -> list[float]:
        """Return five values evenly spread."""
        return [self.least + (self.most - self.least) * k / 4 for k in range(5)]


def line_chart(title: str, curve: Curve, x: Axis, y: Axis, *, dots: bool = True) -> str:
    """Return the chart of one curve."""
    return document(WIDTH, HEIGHT, title, [*_axes(x, y), *_line(curve, x, y, dots=dots)])


def reliability_chart(curve: Curve, counts: Sequence[int]) -> str:
    """Return the chart of confidence against the share that was right; the area of a dot is the number of pictures."""
    x, y = Axis("confidence, %", 0, 1, 100), Axis("right, %", 0, 1, 100)
    most = max(counts, default=1)
    dots = [
        f'<circle cx="{_x(a, x):.1f}" cy="{_y(b, y):.1f}" r="{2 + 8 * (n / most) ** 0.5:.1f}" fill="{BLUE}" '
        f'fill-opacity=".7"><title>{n} pictures</title></circle>'
        for a, b, n in zip(curve.x, curve.y, counts, strict=True)
    ]
    diagonal = (
        f'<line x1="{_x(0, x):.1f}" y1="{_y(0, y):.1f}" x2="{_x(1, x):.1f}" y2="{_y(1, y):.1f}" '
        f'stroke="{ORANGE}" stroke-dasharray="4 4"/>'
    )
    return document(WIDTH, HEIGHT, "Reliability", [*_axes(x, y), diagonal, *dots])


def error_axis(values: Sequence[float]) -> Axis:
    """Return an axis for errors, from 0 to a round per cent."""
    return Axis("error, %", 0, round_top(100 * max([*values, 0.001])) / 100, 100)


def _x(value: float, axis: Axis) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.share(value)


def _y(value: float, axis: Axis) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.share(value)


def _axes(x: Axis, y: Axis) -> list[str]:
    parts = [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x.name), text(LEFT - 48, TOP - 16, y.name, "start")]
    for value in y.ticks():
        line = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(value, y):.1f}" y2="{_y(value, y):.1f}"'
        parts.append(f'<line class="{"axis" if value == y.least else "grid"}" {line}/>')
        parts.append(text(LEFT - 8, _y(value, y) + 4, f"{value * y.factor:.4g}", "end"))
    parts += [text(_x(value, x), HEIGHT - BOTTOM + 18, f"{value * x.factor:.4g}") for value in x.ticks()]
    return parts


def _line(curve: Curve, x: Axis, y: Axis, *, dots: bool) -> list[str]:
    points = [(_x(a, x), _y(b, y)) for a, b in zip(curve.x, curve.y, strict=True)]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    parts = [f'<polyline class="line" stroke="{BLUE}" points="{path}"/>']
    if dots:
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{BLUE}"/>' for a, b in points]
    return parts
