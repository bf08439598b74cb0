"""Glyphs: letters, signs and drawings as strokes."""

from functools import cache

from model.novelty.alphabets import ALL
from model.synthetic.templates import Stroke


@cache
def glyphs(alphabet: str = ALL) -> tuple[tuple[Stroke, ...], ...]:
    """Return the strokes of every glyph, points in the unit square.

    Args:
        alphabet: glyphs in the notation of ``model.novelty.alphabets``, one a line.
    """
    return tuple(_glyph(line) for line in alphabet.split("\n") if line)


def _glyph(line: str) -> tuple[Stroke, ...]:
    return tuple(
        Stroke(tuple((int(p[0]) / 9, int(p[1]) / 9) for p in stroke[1:].split()), smooth=stroke[0] == "~")
        for stroke in line.split("|")
    )
