"""Digits made rather than collected: drawn from strokes, or MNIST's own with a stroke added.

They bring the forms of other countries and hands that are seldom in MNIST: the flagged 1, the crossed 7, the open 4,
the hooked 9. Reading order: `templates` (how digits are written), `pen` (how strokes become ink), `drawn`, `restyled`.
"""

import numpy as np

from model.dataset import Dataset
from model.synthetic.drawn import drawn_digits
from model.synthetic.restyled import restyled_digits


def synthetic_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n synthetic digits: a third restyled from the data, as far as it has enough ones, sevens and nines, the rest drawn."""
    restyled = restyled_digits(data, n // 3, rng)
    return restyled.joined(drawn_digits(n - len(restyled), rng))
