"""Recipes: configurations with a name."""

from dataclasses import replace

import pytest

from model.checkpoint import restore, save_checkpoint
from model.config import NetworkConfig, TrainingConfig
from model.dataset import Split, split
from model.recipes import RECIPES
from model.sources import mnist
from model.training import Trainer, train


@pytest.fixture(scope="module")
def few() -> Split:
    """Some of MNIST's digits."""
    return split(mnist("train").take(slice(0, 900)), validation=300)


def test_a_recipe_survives_being_written_down() -> None:
    """A manifest keeps a recipe as plain values, and they give the same configuration back."""
    for config in RECIPES.values():
        assert TrainingConfig.from_dict(config.to_dict()) == config


def test_the_standard_recipe_is_what_a_training_gets_by_default() -> None:
    """Asking for nothing and asking for the standard recipe are the same."""
    assert RECIPES["standard"] == TrainingConfig()


def test_the_release_recipe_needs_nothing_but_mnist() -> None:
    """The shipped network can be made again by anyone: no examples of users, no network to start from."""
    release = RECIPES["release"]
    assert release.data == "mnist"
    assert release.limit is None
    assert release.start_from is None
    assert not release.examples


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_learns_and_resumes_to_the_same_bits(name: str, few: Split) -> None:
    """On a small network and few digits, each recipe gets better, and an interruption changes nothing."""
    recipe = RECIPES[name]
    config = replace(
        recipe,
        network=NetworkConfig((64,)),
        epochs=6,
        learning_rate=0.01,
        synthetic=min(recipe.synthetic, 70),
        non_digits=min(recipe.non_digits, 70),
        average=min(recipe.average, 0.9),
    )
    whole = Trainer(config, few)
    for _ in train(whole, slice_seconds=1000.0):
        pass
    interrupted = Trainer(config, few)
    interrupted.learn_batch()
    resumed = restore(config, few, save_checkpoint(interrupted))
    for _ in train(resumed, slice_seconds=1000.0):
        pass
    assert whole.parameters.vector.tobytes() == resumed.parameters.vector.tobytes()
    assert whole.history[-1].validation_error < 0.5
    assert whole.history[-1].loss < whole.history[0].loss
