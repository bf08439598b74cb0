"""From a finished training to a version with its manifest, charts and card; and the networks that are shipped."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from model import shipped, sources
from model.card import model_card
from model.charts import confusion_matrix, learning_curve
from model.config import TrainingConfig
from model.dataset import Split
from model.evaluation import evaluate
from model.publication import CONFUSION_MATRIX, LEARNING_CURVE, Origin, publish
from model.registry import Registry
from model.revision import REVISION
from model.training import Trained
from tests.model.conftest import small_config


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, small_trained: Trained, small_split: Split
) -> Registry:
    """A registry with one small training, published as version 1."""
    registry = Registry.open(tmp_path_factory.mktemp("store"))
    origin = Origin(small_config(), small_split, parent=None, examples=4, recipe="tiny")
    assert publish(registry, small_trained, origin, "job-1") == "1"
    return registry


def test_the_manifest_tells_where_a_version_is_from(published: Registry, small_split: Split) -> None:
    """Configuration, seed, data digests, code version and figures; enough to train it again."""
    manifest = published.manifest("1")
    assert TrainingConfig.from_dict(manifest["training"]["config"]) == small_config()
    assert manifest["training"]["examples"] == 4
    assert manifest["training"]["images"] == len(small_split.training)
    assert manifest["training"]["recipe"] == "tiny"
    assert len(manifest["training"]["history"]) == 3
    assert manifest["data"]["training_digest"] == small_split.training.digest
    assert manifest["parent"] is None
    assert manifest["code"]["version"]
    assert manifest["training"]["revisions"] == [REVISION]


def test_where_a_data_set_lies_is_nobodys_business(
    tmp_path: Path, small_trained: Trained, small_split: Split
) -> None:
    """The manifest is public; it says that the data were the operator's own."""
    registry = Registry.open(tmp_path)
    publish(registry, small_trained, Origin(small_config(data="/home/alice/digits"), small_split), "job-1")
    manifest = registry.manifest("1")
    assert (manifest["data"]["name"], manifest["training"]["config"]["data"]) == ("own", "own")
    assert "alice" not in str(manifest) + model_card(manifest)


def test_figures_in_the_manifest_are_measured(published: Registry, small_split: Split) -> None:
    """Reading the digits again with the published weights gives the same errors."""
    artifact = published.load("1")
    metrics = artifact.manifest["metrics"]
    assert metrics["validation_error"] == evaluate(artifact.network, small_split.validation).error
    assert metrics["test_error"] == evaluate(artifact.network, sources.load_test()).error
    low, high = metrics["test_error_interval"]
    assert low < metrics["test_error"] < high


def test_charts_lie_beside_the_weights(published: Registry) -> None:
    """Both are well-formed SVG with the numbers they show."""
    curve = ET.fromstring(published.file("1", LEARNING_CURVE))  # noqa: S314 - our own file
    assert curve.tag.endswith("svg")
    assert len(curve.findall(".//{*}polyline")) == 2
    matrix = ET.fromstring(published.file("1", CONFUSION_MATRIX))  # noqa: S314 - our own file
    assert len(matrix.findall(".//{*}rect")) == 100


def test_a_confusion_matrix_shows_its_counts() -> None:
    """Every count that is not zero is written in its square."""
    counts = np.diag(np.arange(10, 20)).astype(np.intp)
    counts[4, 9] = 77
    words = [text.text for text in ET.fromstring(confusion_matrix(counts)).findall(".//{*}text")]  # noqa: S314 - ours
    assert "77" in words
    assert "19" in words


@pytest.mark.parametrize("n", [1, 2, 100])
def test_learning_curves_of_any_length(n: int) -> None:
    """One epoch or a hundred, every point lies on the sheet."""
    root = ET.fromstring(learning_curve([1.0 / (i + 1) for i in range(n)], [0.5 / (i + 1) for i in range(n)]))  # noqa: S314 - ours
    for line in root.findall(".//{*}polyline"):
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert len(points) == n
        assert all(0 <= x <= 640 and 0 <= y <= 360 for x, y in points)


def test_the_card_is_made_from_the_manifest(published: Registry) -> None:
    """It names the version, the network, the figures and what it is not for."""
    manifest = published.manifest("1")
    card = model_card(manifest)
    assert card.startswith("# Numeral network, version 1\n")
    assert "784-32-10" in card
    assert f"| test error | {manifest['metrics']['test_error']:.6g} |" in card
    assert manifest["weights"]["digest"] in card
    assert "What it is for, and what not" in card
    assert "learned by back-propagation" in card
    assert "MNIST, which it learned from" in card


def test_a_card_says_nothing_of_mnist_for_a_network_that_learned_from_other_digits(
    published: Registry,
) -> None:
    """Nor that an untrained one has learned, or what nobody measured."""
    manifest = published.manifest("1")
    assert "MNIST" not in model_card({**manifest, "data": {"name": "own"}})
    untrained = model_card({**manifest, "data": {}, "metrics": {}, "training": {"epochs": 0}})
    assert "MNIST" not in untrained
    assert "random, as none has learned yet" in untrained
    assert "Nobody has measured it." in untrained


def test_an_empty_registry_is_seeded_once(tmp_path: Path) -> None:
    """Version 1 is the shipped network in production, version 2 is untrained; a second seeding changes nothing."""
    registry = Registry.open(tmp_path)
    for _ in range(2):
        shipped.seed(registry)
        assert registry.versions() == ["1", "2"]
        assert registry.aliases() == {"production": "1", "untrained": "2"}
    untrained = evaluate(registry.load("2").network, sources.load_test().take(slice(0, 1000)))
    assert 0.7 < untrained.error < 1


def test_seeding_leaves_a_moved_alias_alone(tmp_path: Path) -> None:
    """After a promotion, the next start does not go back to the shipped network."""
    registry = Registry.open(tmp_path)
    shipped.seed(registry)
    registry.set_alias("production", "2", "for the test")
    shipped.seed(registry)
    assert registry.alias("production") == "2"


def test_the_shipped_network_reads_as_well_as_its_manifest_says(tmp_path: Path) -> None:
    """The figure in the README's network is measured again: at most 0.6 % of the test digits misread."""
    registry = Registry.open(tmp_path)
    shipped.seed(registry)
    artifact = registry.load("1")
    error = evaluate(artifact.network, sources.load_test()).error
    assert error == pytest.approx(artifact.manifest["metrics"]["test_error"], abs=2e-4)
    assert error <= 0.006


def test_an_exported_network_can_be_shipped(
    published: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What export writes, seed reads: same digest, alias production."""
    shipped.export(published, "1", tmp_path / "shipped")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    registry = Registry.open(tmp_path / "store")
    shipped.seed(registry)
    assert registry.load("1").digest == published.load("1").digest
    assert registry.file("1", LEARNING_CURVE) == published.file("1", LEARNING_CURVE)
