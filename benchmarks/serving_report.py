"""Measurements of serving as tables in Markdown."""

from collections.abc import Mapping
from typing import Any

_TITLES = {
    "one_picture": "One 28x28 picture a request, 32 connections",
    "forms": "The same picture in every body, 32 connections",
    "batches": "32 pictures a request, 8 connections",
    "photos": "JPEG of 1000x1000, 32 connections",
    "alone": "One connection",
    "beside_large": "Small pictures beside photos of 12 megapixels, 8 connections",
    "processes": "One API process and two",
    "memory": "Memory, MB",
    "start": "Seconds until ready",
}
_FORMATS = {"rate": "{:,.0f}", "pictures": "{:,.0f}", "small": "{:,.0f}", "large": "{:,.0f}", "cpu": "{:.0f}"}
_HEADINGS = {
    "rate": "requests/s",
    "pictures": "pictures/s",
    "p50": "p50, ms",
    "p99": "p99, ms",
    "cpu": "CPU time a request, µs",
    "ratio": "ratio",
    "ratio of cpu": "ratio of CPU time",
}


def markdown(results: Mapping[str, Any]) -> str:
    """Return a table for each section, and what it was measured on."""
    return "\n".join(_section(name, results[name]) for name in _TITLES if name in results)


def _section(name: str, found: Mapping[str, Any]) -> str:
    rows = {row: _flat(values) for row, values in found["rows"].items()}
    columns = list(dict.fromkeys(column for values in rows.values() for column in values))
    head = ["", *(_HEADINGS.get(column, column) for column in columns)]
    lines = [f"**{_TITLES[name]}**", "", _line(head), _line(["---"] * len(head))]
    lines += [
        _line([row, *(_cell(column, values.get(column)) for column in columns)])
        for row, values in rows.items()
    ]
    made = found["machine"]
    lines += [
        "",
        f"{made['at']}, {made['cpu']}, Linux {made['kernel']}, Python {made['python']}, load {made['load']:.1f}",
        "",
    ]
    return "\n".join(lines)


def _flat(values: Mapping[str, Any]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name} {inner}": number for inner, number in value.items()}
        else:
            flat[name] = value
    return flat


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return ""
    return _FORMATS.get(column, "{:.3g}").format(1e6 * value if column == "cpu" else value)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
