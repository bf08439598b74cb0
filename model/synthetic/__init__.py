"""Digits made rather than collected: drawn from strokes, MNIST's own with a stroke added, digits on synthetic paper, and marked ones.

The first two bring the forms of other countries and hands that are seldom in MNIST: the flagged 1, the crossed 7, the
open 4, the hooked 9. The third bring what cameras, scanners and the normaliser make of digits, the last lines over a digit and hollow
ones. Reading order: `templates` (how digits are written), `pen` (how strokes become ink), `drawn`, `restyled`, `papers`,
`marked`.
"""

import numpy as np

from model.dataset import Dataset
from model.synthetic.drawn import drawn_digits
from model.synthetic.marked import marked_digits
from model.synthetic.papers import paper_digits
from model.synthetic.restyled import restyled_digits


def synthetic_digits(data: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """Return n synthetic digits: one part restyled from the data, two drawn, four on paper, three marked.

    Fewer are restyled, and more drawn, where the data has too few ones, sevens and nines. About 5 ms for each on paper.
    """
    restyled = restyled_digits(data, n // 10, rng)
    written = restyled.joined(drawn_digits(3 * n // 10 - len(restyled), rng))
    marked = marked_digits(data, 3 * n // 10, rng)
    found = paper_digits(data.joined(written), n - len(written) - len(marked), rng)
    return written.joined(marked).joined(found)
