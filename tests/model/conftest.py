"""Small data and small trainings that several tests share."""

import numpy as np
import pytest

from model import sources
from model.config import NetworkConfig, TrainingConfig
from model.dataset import Dataset, Split, split
from model.training import Trained, Trainer, train


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """All 60,000 training digits."""
    return sources.load("mnist")


@pytest.fixture(scope="session")
def small_split(mnist: Dataset) -> Split:
    """1,200 digits to learn from and 300 held out."""
    return split(mnist.take(slice(0, 1500)), validation=300)


def small_config(**changes: object) -> TrainingConfig:
    """A training of a second or less."""
    values = {
        "network": NetworkConfig((32,)),
        "epochs": 3,
        "batch_size": 64,
        "augmentation": "none",
        "learning_rate": 0.01,
    }
    return TrainingConfig(**{**values, **changes})  # type: ignore[arg-type]  # names are fields


@pytest.fixture(scope="session")
def small_trained(small_split: Split) -> Trained:
    """What a small training gives; its digits are mostly right."""
    trainer = Trainer(small_config(), small_split)
    for _ in train(trainer):
        pass
    trained = trainer.result()
    assert np.isfinite(trained.evaluation.logits).all()
    return trained
