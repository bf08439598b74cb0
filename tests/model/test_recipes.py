"""Recipes: trainings with a name."""

import json
from dataclasses import replace
from itertools import chain

import pytest

from model.checkpoint import restore, save_checkpoint
from model.config import NetworkConfig, TrainingConfig
from model.dataset import Split, split
from model.network import Network
from model.recipes import RECIPES, stage
from model.sources import mnist
from model.threads import blas_threads
from model.training import Trainer, train


@pytest.fixture(scope="module")
def few() -> Split:
    """Some of MNIST's digits."""
    return split(mnist("train").take(slice(0, 900)), validation=300)


@pytest.fixture(scope="module")
def earlier(few: Split) -> Network:
    """What a training before made."""
    config = TrainingConfig(network=NetworkConfig((64,)), epochs=2, learning_rate=0.01, augmentation="none")
    trainer = Trainer(config, few)
    for _ in train(trainer):
        pass
    return trainer.freeze()


def test_a_recipe_survives_being_written_down() -> None:
    """A manifest keeps a recipe as JSON, and that gives the same configuration back."""
    for config in chain.from_iterable(RECIPES.values()):
        assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_the_standard_recipe_is_what_a_training_gets_by_default() -> None:
    """Asking for nothing and asking for the standard recipe are the same."""
    assert RECIPES["standard"] == (TrainingConfig(),)


def test_the_release_recipe_needs_nothing_but_mnist() -> None:
    """The shipped network can be made again by anyone: no examples of users, no network to start from."""
    for config in RECIPES["release"]:
        assert config.data == "mnist"
        assert config.limit is None
        assert not config.examples


def test_a_stage_names_only_stages_before_it() -> None:
    """To go on from, and as teachers."""
    for stages in RECIPES.values():
        for i, config in enumerate(stages):
            named = {*config.teachers, *filter(None, [config.start_from])}
            assert named <= {stage(number) for number in range(1, i + 1)}


def test_only_the_last_training_of_a_recipe_is_ever_promoted() -> None:
    """What a recipe makes on its way does not serve."""
    for *on_the_way, _ in RECIPES.values():
        assert {config.promote for config in on_the_way} <= {"never"}


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, stages in RECIPES.items() for number in range(len(stages))]
)
def test_every_recipe_learns_and_resumes_to_the_same_bits(
    name: str, number: int, few: Split, earlier: Network
) -> None:
    """On a small network and few digits, each training gets better, and an interruption changes nothing."""
    recipe = RECIPES[name][number]
    start, teachers = earlier if recipe.keep_start else None, [earlier] * len(recipe.teachers)
    config = replace(
        recipe,
        network=NetworkConfig((64,)),
        epochs=6,
        learning_rate=0.01,
        synthetic=min(recipe.synthetic, 70),
        non_digits=min(recipe.non_digits, 70),
        average=min(recipe.average, 0.9),
    )
    whole = Trainer(config, few, start, teachers)
    for _ in train(whole, slice_seconds=1000.0):
        pass
    interrupted = Trainer(config, few, start, teachers)
    with blas_threads(config.threads):
        interrupted.learn_batch()
    resumed = restore(config, few, save_checkpoint(interrupted), start, teachers)
    for _ in train(resumed, slice_seconds=1000.0):
        pass
    assert whole.parameters.vector.tobytes() == resumed.parameters.vector.tobytes()
    assert whole.history[-1].validation_error < 0.6  # 0.9 by chance
    if start is None:  # what reads already has little left to gain, and an adversary that gets better at it
        assert whole.history[-1].loss < whole.history[0].loss
