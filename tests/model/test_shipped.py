"""The network of a release, where an earlier one is."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model import shipped
from model.artifact import encode_weights
from model.calibration import Calibration
from model.errors import StoreUnavailable
from model.manifest import make_manifest
from model.network import Network
from model.registry import Registry


def publish(registry: Registry, seed: int, token: str) -> str:
    """Publish a small network with random weights, another one for each seed."""
    network = Network.create((4,), "relu", np.random.default_rng(seed))
    manifest = make_manifest(network, Calibration(), training={"seed": seed}, metrics={})
    return registry.publish(manifest, encode_weights(network), {}, token)


@pytest.fixture
def updated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that began with the network of one release, under the next one."""
    source, registry = Registry.open(tmp_path / "source"), Registry.open(tmp_path / "store")
    for seed, release in enumerate(("earlier", "later")):
        shipped.export(source, publish(source, seed, release), tmp_path / release)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "earlier")
    assert shipped.seed(registry) is None
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "later")
    return registry


def test_a_release_brings_its_network_as_a_further_version(
    updated: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, and the log says so; what production serves stays."""
    caplog.set_level("INFO", "numeral.shipped")
    assert [shipped.seed(updated) for _ in range(2)] == ["3", None]
    assert updated.versions() == ["1", "2", "3"]
    assert updated.load("3").manifest["training"]["seed"] == 1
    assert updated.aliases() == {"production": "1", "untrained": "2"}
    (said,) = caplog.messages
    assert said == "version 3 is the network of this release; `numeral promote 3` serves it"


def test_a_start_reads_no_weights_to_find_the_network_there(updated: Registry, tmp_path: Path) -> None:
    """Neither those of the package nor those in the store."""
    shipped.seed(updated)
    shutil.rmtree(tmp_path / "store" / "blobs")
    (tmp_path / "later" / "weights.safetensors").unlink()
    assert shipped.seed(Registry.open(tmp_path / "store")) is None


def test_processes_that_start_at_once_add_one_version(updated: Registry, tmp_path: Path) -> None:
    """They agree on its number."""
    with ThreadPoolExecutor(4) as pool:
        added = set(pool.map(lambda _: shipped.seed(Registry.open(tmp_path / "store")), range(4)))
    assert "3" in added <= {"3", None}
    assert updated.versions() == ["1", "2", "3"]


def test_a_version_of_another_publication_is_not_taken_for_it(updated: Registry) -> None:
    """Whoever proposed a number first may find it taken; the next proposal counts."""
    token = f"shipped-{shipped.shipped_manifest()['weights']['digest'][7:23]}"
    updated.store.create(f"publications/{token}/0.json", b'{"version": "3"}')
    assert updated.published(token) is None
    assert publish(updated, 7, "job-7") == "3"
    assert shipped.seed(updated) == "4"
    assert updated.published(token) == "4"
    assert shipped.seed(updated) is None


def test_a_network_that_was_trained_here_is_not_added_again(updated: Registry) -> None:
    """It is a version already, by another token."""
    publish(updated, 1, "job-1")
    assert shipped.seed(updated) is None
    assert updated.versions() == ["1", "2", "3"]


def test_a_registry_that_began_with_a_network_of_its_own_gets_no_other(tmp_path: Path) -> None:
    """Whoever began it chose what is in it."""
    registry = Registry.open(tmp_path)
    for alias in ("production", "untrained"):
        registry.set_alias(alias, publish(registry, 1, "job-1"), "for the test")
    assert shipped.seed(registry) is None
    assert registry.versions() == ["1"]


def test_a_store_that_cannot_be_written_keeps_nobody_from_starting(
    updated: Registry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says in one line what is missing."""

    def refuse(*_: object) -> bool:
        raise StoreUnavailable("expected the object store to answer, got: PermissionDeniedError")

    monkeypatch.setattr(updated.store, "create", refuse)
    assert shipped.seed(updated) is None
    assert updated.versions() == ["1", "2"]
    (said,) = caplog.messages
    assert said.endswith(
        "could not be added: expected the object store to answer, got: PermissionDeniedError"
    )
