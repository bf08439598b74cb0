"""Which examples are learned from, and which a candidate is judged by."""

import numpy as np

from model.dataset import Dataset
from service.training_data import SET_ASIDE, set_aside


def examples(n: int, labels: int) -> Dataset:
    """So many random pictures with the first so many labels."""
    rng = np.random.default_rng(7)
    return Dataset(rng.integers(256, size=(n, 784), dtype=np.uint8), np.arange(n, dtype=np.uint8) % labels)


def kept(data: Dataset) -> set[bytes]:
    """The pictures, to be looked up."""
    return {image.tobytes() for image in data.images}


def test_what_was_learned_from_is_never_judged_by_later() -> None:
    """Each example stays on its side when others come between."""
    given = examples(1100, 10)
    learned, aside = set_aside(given)
    earlier = np.sort(np.random.default_rng(8).choice(1100, 1000, replace=False))
    learned_before, aside_before = set_aside(given.take(earlier))
    assert kept(learned_before) <= kept(learned)
    assert kept(aside_before) <= kept(aside)
    assert len(learned) + len(aside) == 1100
    assert 0.15 < len(aside) / 1100 < 0.25


def test_few_examples_are_all_learned_from() -> None:
    """With fewer than five of a digit, each counts more as a lesson."""
    assert len(set_aside(examples(10 * (SET_ASIDE - 1), 10))[1]) == 0
    assert len(set_aside(examples(0, 10))[1]) == 0
