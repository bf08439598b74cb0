"""The model card: what a person should know of a version before using it, made from its manifest alone.

Source of the form: Mitchell et al. 2019, Model cards for model reporting.
"""

from collections.abc import Mapping
from typing import Any


def model_card(manifest: Mapping[str, Any]) -> str:
    """Return the card of a version in Markdown."""
    parts = [
        f"# Numeral network, version {manifest['version']}",
        _what(manifest),
        "## How well it reads",
        _figures(manifest),
        "## How it learned",
        _table("setting", "value", [(_words(name), _figure(value)) for name, value in _training(manifest)]),
        "## What it is for, and what not",
        _use(manifest),
        "## Where it is from",
        _table("", "", _origin(manifest)),
    ]
    return "\n\n".join(parts) + "\n"


def _figures(manifest: Mapping[str, Any]) -> str:
    rows = [(_words(name), _figure(value)) for name, value in manifest["metrics"].items()]
    return _table("figure", "value", rows) if rows else "Nobody has measured it."


def _use(manifest: Mapping[str, Any]) -> str:
    data = manifest.get("data", {}).get("name")
    hands = {"mnist": " MNIST, which it learned from, is North American.", None: ""}.get(
        data, " Pictures unlike those it learned from it reads less well."
    )
    return (
        "It is made for one handwritten digit in a picture. It reads no letters, no printed numbers of several digits and no "
        "whole forms; pictures of such things should be abstained from, but no network notices all of them, and one that has "
        f"learned for a few minutes misses many. Handwriting differs between countries.{hands} Where a wrong digit costs "
        "something, let a person look at every answer that is abstained from or of low confidence, and measure on your own "
        "pictures first, of digits and of other things (`numeral evaluate FOLDER`)."
    )


def _what(manifest: Mapping[str, Any]) -> str:
    architecture = manifest["architecture"]
    sizes = "-".join(str(size) for size in architecture["sizes"])
    hidden = ", ".join(dict.fromkeys(architecture["activations"][:-1])) or "no hidden layer"
    learned = (
        "learned by back-propagation"
        if manifest["training"].get("epochs")
        else "random, as none has learned yet"
    )
    return (
        f"A fully connected feed-forward network {sizes} ({hidden}, softmax) with {architecture['weights']:,} weights and "
        f"biases, {learned}. It takes 28x28 grey values made by preprocessing version "
        f"{manifest['preprocessing']['version']}."
    )


_UNTOLD = {"config", "history", "profile", "earlier", "line"}
"""Of a training: its configuration has rows of its own, and curves are drawn beside the card."""


def _training(manifest: Mapping[str, Any]) -> list[tuple[str, Any]]:
    training = manifest["training"]
    config = {k: v for k, v in training.get("config", {}).items() if k != "network" and v is not None}
    return [
        *((k, v) for k, v in training.items() if k not in _UNTOLD and v is not None),
        *config.items(),
    ]


def _origin(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("made at", manifest.get("created_at")),
        ("weights", f"`{manifest['weights'].get('digest')}`"),
        ("went on from version", manifest.get("parent")),
        ("code version", manifest.get("code", {}).get("version")),
        *((f"data: {_words(name)}", value) for name, value in manifest.get("data", {}).items()),
    ]
    return [(name, str(value)) for name, value in rows if value is not None]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_figure(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{_words(name)} {_figure(item)}" for name, item in value.items())
    return str(value)


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| {left} | {right} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines)
