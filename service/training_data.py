"""What a job learns from: its data set, and the examples that users had given when it began.

The examples are copied when the job first begins. What is added, relabelled or deleted later changes nothing for it, so
that a job that is interrupted still ends with the weights it would have had.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from model import sources
from model.config import TrainingConfig
from model.dataset import Dataset, Split
from model.errors import DataError
from model.form import PIXELS
from model.store import Store

if TYPE_CHECKING:
    from service.examples import Examples  # loads SQLAlchemy, which a training without examples does not need

SET_ASIDE = 5
"""One example in five is set aside for the gate; of a digit with fewer examples than this all are learned from."""

MOST_REPEATS = 20
LARGEST_SHARE = 0.1
"""An example is seen up to 20 times an epoch, each time varied anew, but all together are at most a tenth of what is seen,
or seen once."""

LARGEST_COPY = 1 << 30


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What to learn from and what to judge by.

    Attributes:
        split: training pictures, examples mixed in, and validation digits.
        examples: how many examples are learned from.
        set_aside: examples set aside for the gate.
        all_examples: those learned from and those set aside.
    """

    split: Split
    examples: int
    set_aside: Dataset
    all_examples: Dataset


def prepare(copy: str, config: TrainingConfig, store: Store, examples: "Examples | None") -> TrainingData:
    """Return a job's data, the same at every call.

    Args:
        copy: where in the store the job keeps its copy of the examples.
        config: of the training.
        store: of the copy.
        examples: of the users; without them, none are mixed in.

    Raises:
        DataError: the data set is missing or torn.
        StoreUnavailable: the store could not be reached or has no room.
    """
    base = _load(config.data, config.limit)
    given = _copied(copy, store, examples) if config.examples and examples is not None else _EMPTY
    learned, aside = set_aside(given)
    training = mixed(base.training, learned)
    return TrainingData(Split(training, base.validation), len(learned), aside, given)


@lru_cache(maxsize=1)
def _load(name: str, limit: int | None) -> Split:
    return sources.load_split(name, limit=limit)


def copy_path(job_id: str) -> str:
    """Return where the examples of a job are copied to."""
    return f"jobs/{job_id}/examples.safetensors"


def _copied(path: str, store: Store, examples: "Examples") -> Dataset:
    copy = store.read(path, LARGEST_COPY)
    if copy is None:
        now = examples.dataset()
        store.create(path, save_tensors({"images": now.images, "labels": now.labels}))
        copy = store.read(path, LARGEST_COPY)  # the first one counts, whoever wrote it
    if copy is None:
        raise DataError("expected the job's copy of the examples, got none")
    tensors = load_tensors(copy)
    return Dataset(tensors["images"], tensors["labels"])


def set_aside(given: Dataset) -> tuple[Dataset, Dataset]:
    """Split examples into those to learn from and those to judge by.

    The picture alone decides, so that one that was learned from is not judged by later, whatever examples come or go.
    """
    chosen = np.array([sha256(image).digest()[0] % SET_ASIDE == 0 for image in given.images], np.bool_)
    enough = np.bincount(given.labels, minlength=10)[given.labels] >= SET_ASIDE
    aside = chosen & enough
    return given.take(np.flatnonzero(~aside)), given.take(np.flatnonzero(aside))


def mixed(training: Dataset, learned: Dataset) -> Dataset:
    """Add examples to training pictures, each as often as its weight says."""
    if not len(learned):
        return training
    repeats = int(np.clip(LARGEST_SHARE * len(training) / len(learned), 1, MOST_REPEATS))
    return training.joined(learned.take(np.tile(np.arange(len(learned)), repeats)))


_EMPTY = Dataset(np.zeros((0, PIXELS), np.uint8), np.zeros(0, np.uint8))
