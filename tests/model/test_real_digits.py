"""Digits that people drew, from the picture file to the answer."""

from pathlib import Path

import pytest

from model.images import decode
from model.pixels import normalise
from model.predictor import Predictor, Reading
from model.registry import Registry
from model.shipped import seed

DRAWN = sorted((Path(__file__).parents[1] / "data" / "drawn").glob("?_*.png"))


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, Reading]]:
    """What the shipped network makes of each drawn digit, with its label."""
    registry = Registry.open(tmp_path_factory.mktemp("store"))
    seed(registry)
    predictor = Predictor(registry.load("1"))
    found = [normalise(decode(path.read_bytes()).grey) for path in DRAWN]
    return [
        (int(path.name[0]), predictor.read(seen.pixels.reshape(1, -1), [seen])[0])
        for path, seen in zip(DRAWN, found, strict=True)
    ]


def test_drawn_digits_are_read(readings: list[tuple[int, Reading]]) -> None:
    """At most one of the 69 is misread: 98 %."""
    wrong = [(label, reading.digit) for label, reading in readings if reading.digit != label]
    assert len(readings) == 69
    assert len(wrong) <= 1, wrong


def test_few_drawn_digits_are_abstained_from(readings: list[tuple[int, Reading]]) -> None:
    """At most 5 % of real digits are left to a person, and what is answered is right."""
    answered = [(label, reading) for label, reading in readings if not reading.abstained]
    assert len(answered) >= 0.95 * len(readings)
    assert sum(reading.digit == label for label, reading in answered) >= 0.99 * len(answered)
