"""Digits made rather than collected: drawn from strokes, MNIST's own with a stroke added, and digits on synthetic paper.

The first two bring the forms of other countries and hands that are seldom in MNIST: the flagged 1, the crossed 7, the
open 4, the hooked 9. The last brings what cameras, scanners and the normaliser make of digits. Reading order:
`templates` (how digits are written), `pen` (how strokes become ink), `drawn`, `restyled`, `papers`.
"""

import numpy as np

from model.dataset import Dataset
from model.synthetic.drawn import drawn_digits
from model.synthetic.papers import paper_digits
from model.synthetic.restyled import restyled_digits


def synthetic_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n synthetic digits: one part restyled from the data, two parts drawn, four parts on paper.

    Fewer are restyled, and more drawn, where the data has too few ones, sevens and nines. About 5 ms for each on paper.
    """
    restyled = restyled_digits(data, n // 7, rng)
    made = restyled.joined(drawn_digits(3 * n // 7 - len(restyled), rng))
    return made.joined(paper_digits(data.joined(made), n - len(made), rng))
