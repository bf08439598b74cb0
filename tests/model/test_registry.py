"""Versions and aliases: counting up, moving, rolling back, and what happens when two do it at once or a disk lies."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artifact import encode_weights
from model.calibration import Calibration
from model.errors import ArtifactCorrupt, ConfigInvalid, NoEarlierVersion, StoreUnavailable, VersionNotFound
from model.manifest import make_manifest
from model.network import Network
from model.registry import Registry


def publish(registry: Registry, token: str, seed: int = 0) -> str:
    """Publish a small network."""
    network = Network.create((4,), "relu", np.random.default_rng(seed))
    manifest = make_manifest(
        network, Calibration(), training={"epochs": 0}, metrics={"validation_error": 0.5}
    )
    return registry.publish(manifest, encode_weights(network), {"note.txt": b"hello"}, token)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty registry in a folder."""
    return Registry.open(tmp_path / "store")


def test_versions_count_up(registry: Registry) -> None:
    """The first is 1, and the list is in the order of publication."""
    assert registry.versions() == []
    assert [publish(registry, f"job-{i}", i) for i in range(11)] == [str(i) for i in range(1, 12)]
    assert registry.versions() == [str(i) for i in range(1, 12)]


def test_a_published_version_comes_back_whole(registry: Registry) -> None:
    """Weights, manifest and files are those that were published."""
    version = publish(registry, "job")
    artifact = registry.load(version)
    expected = Network.create((4,), "relu", np.random.default_rng(0))
    np.testing.assert_array_equal(artifact.network.layers[0].weight, expected.layers[0].weight)
    assert artifact.version == "1"
    assert artifact.digest == artifact.manifest["weights"]["digest"]
    assert registry.weights(version) == encode_weights(expected)
    assert registry.file(version, "note.txt") == b"hello"
    with pytest.raises(VersionNotFound, match="expected a file"):
        registry.file(version, "../../etc/passwd")


def test_publishing_twice_with_one_token_publishes_once(registry: Registry) -> None:
    """A worker that repeats its last step after a crash gets the version it made before."""
    assert publish(registry, "job") == publish(registry, "job") == "1"
    assert registry.versions() == ["1"]


@pytest.mark.parametrize("token", ["", "../x", "a b", "x" * 101])
def test_tokens_that_are_no_names_are_refused(registry: Registry, token: str) -> None:
    """A token becomes part of a path."""
    with pytest.raises(ConfigInvalid):
        publish(registry, token)


@pytest.mark.parametrize("name", ["0", "01", "-1", "1.0", "../1", "", "99", "production"])
def test_unknown_versions_are_not_found(registry: Registry, name: str) -> None:
    """Anything that is not a published version is the same error, and never a path."""
    publish(registry, "job")
    with pytest.raises(VersionNotFound):
        registry.manifest(name)


def _publish_many(folder: str, name: str, n: int) -> None:
    registry = Registry.open(folder)
    for i in range(n):
        publish(registry, f"{name}-{i}")
        registry.set_alias("production", "1", f"{name}-{i}")


def test_four_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four processes publish and move an alias: every version is there once, and every move is in the journal."""
    folder = str(tmp_path / "store")
    publish(Registry.open(folder), "first")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_publish_many, args=(folder, f"w{k}", 8)) for k in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    registry = Registry.open(folder)
    tokens = [registry.manifest(version)["token"] for version in registry.versions()]
    assert registry.versions() == [str(i) for i in range(1, 34)]
    assert sorted(tokens) == sorted(["first", *(f"w{k}-{i}" for k in range(4) for i in range(8))])
    moves = registry.history("production")
    assert [move.number for move in moves] == list(range(1, 33))
    assert {move.reason for move in moves} == {f"w{k}-{i}" for k in range(4) for i in range(8)}


def _publish_one(folder: str) -> None:
    publish(Registry.open(folder), "same-job")


def test_two_workers_with_one_token_publish_one_version(tmp_path: Path) -> None:
    """A stale worker and its successor agree on the version."""
    folder = str(tmp_path / "store")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_publish_one, args=(folder,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert Registry.open(folder).versions() == ["1"]


@pytest.fixture
def three(registry: Registry) -> Registry:
    """A registry with versions 1 to 3."""
    for i in range(3):
        publish(registry, f"job-{i}", i)
    return registry


def test_aliases_move_and_tell_their_history(three: Registry) -> None:
    """An alias points to where it was set last; the journal keeps why."""
    three.set_alias("production", "1", "first")
    three.set_alias("production", "3", "better")
    assert three.alias("production") == three.resolve("production") == "3"
    assert three.resolve("2") == "2"
    assert three.aliases() == {"production": "3"}
    assert [(move.version, move.reason) for move in three.history("production")] == [
        ("1", "first"),
        ("3", "better"),
    ]


def test_rollback_goes_back_again_and_again(three: Registry) -> None:
    """After 1, 2, 3 the rollbacks visit 2 and 1, and then there is nothing earlier."""
    for version in "123":
        three.set_alias("production", version, "set")
    assert three.earlier_versions("production") == ["2", "1"]
    assert three.rollback("production", "worse").version == "2"
    assert three.rollback("production", "worse").version == "1"
    with pytest.raises(NoEarlierVersion, match="at 1, where it began"):
        three.rollback("production", "worse")
    three.set_alias("production", "3", "again")
    assert three.rollback("production", "worse").version == "1"


def test_an_alias_needs_a_version_and_a_proper_name(three: Registry) -> None:
    """Aliases to nowhere, and names that could be paths or versions, are refused."""
    with pytest.raises(VersionNotFound):
        three.set_alias("production", "4", "no such version")
    for name in ("", "7", "../x", "Production", "a" * 64, "a/b"):
        with pytest.raises(ConfigInvalid):
            three.set_alias(name, "1", "bad name")
    with pytest.raises(VersionNotFound):
        three.alias("../x")


def test_moving_after_a_known_move_fails_if_there_was_another(three: Registry) -> None:
    """Of two who saw the same state, one moves the alias."""
    assert three.move_after(0, "production", "1", "first")
    assert not three.move_after(0, "production", "2", "too late")
    assert three.alias("production") == "1"


def damage_blob(registry: Registry, folder: Path, version: str, data: bytes | None) -> None:
    """Replace a version's weights on disk, or remove them."""
    digest = registry.manifest(version)["weights"]["digest"].removeprefix("sha256:")
    blob = folder / "store" / "blobs" / digest
    blob.unlink()
    if data is not None:
        blob.write_bytes(data)


@pytest.mark.parametrize("data", [None, b"", b"torn", b"\0" * 13_000])
def test_damaged_weights_are_noticed(three: Registry, tmp_path: Path, data: bytes | None) -> None:
    """Missing, empty, torn or overwritten: the error says what was expected and what came."""
    damage_blob(three, tmp_path, "2", data)
    with pytest.raises(
        ArtifactCorrupt, match=r"expected \d+ bytes with digest sha256:.*got (no file|\d+ bytes)"
    ):
        three.load("2")
    three.load("1")


def test_publishing_mends_a_torn_blob(three: Registry, tmp_path: Path) -> None:
    """A blob torn by a lost machine does not poison later versions with the same weights."""
    damage_blob(three, tmp_path, "2", b"torn")
    version = publish(three, "again", seed=1)
    three.load(version)
    three.load("2")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1"},
        {"weights": {"digest": "sha256:../../secret", "size": 1}},
        {"weights": {"digest": "sha256:" + "0" * 64, "size": 1 << 60}},
        {"calibration": {"temperature": "hot", "least_confidence": 0.5}},
        {"calibration": {}},
    ],
)
def test_tampered_manifests_are_noticed(three: Registry, tmp_path: Path, changes: dict[str, Any]) -> None:
    """A manifest of another version, a digest that is a path, a size that is absurd, a calibration that is none."""
    path = tmp_path / "store" / "models" / "2" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(ArtifactCorrupt):
        three.load("2")


def test_folders_that_a_full_disk_left_empty_are_not_there(three: Registry, tmp_path: Path) -> None:
    """Neither an alias without a move nor a version without a manifest, half written or not at all."""
    three.set_alias("production", "2", "a test")
    store = next(path.parent for path in tmp_path.rglob("models"))
    (store / "aliases" / "shadow").mkdir()
    (store / "models" / "50").mkdir()
    (store / "models" / "51").mkdir()
    (store / "models" / "51" / "manifest.json#1").write_bytes(b"{")
    assert three.aliases() == {"production": "2"}
    assert three.versions() == ["1", "2", "3"]
    three.set_alias("shadow", "3", "there is room again")
    assert three.aliases() == {"production": "2", "shadow": "3"}
    assert publish(three, "four", seed=4) == "4"


def test_an_unreadable_move_is_left_out(
    three: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The alias stays where its readable moves put it, says so once, and moves on from there."""
    for version in ("1", "2"):
        three.set_alias("production", version, "a test")
    journal = next(tmp_path.rglob("aliases")) / "production"
    (journal / "3.json").write_bytes(b"")
    assert three.aliases() == three.aliases() == {"production": "2"}
    assert caplog.text.count("move 3 of the alias production is left out") == 1
    assert three.last_move("production") == 3
    assert three.rollback("production", "worse").number == 4
    assert three.alias("production") == "1"
    assert three.set_alias("production", "3", "better").number == 5
    assert three.aliases() == {"production": "3"}


def test_an_alias_of_unreadable_moves_alone_is_not_there(three: Registry, tmp_path: Path) -> None:
    """The others are, whatever became of it."""
    three.set_alias("production", "2", "a test")
    three.set_alias("shadow", "3", "a test")
    (next(tmp_path.rglob("aliases")) / "shadow" / "1.json").write_bytes(b"[")
    fresh = Registry(three.store)
    assert fresh.aliases() == {"production": "2"}
    with pytest.raises(VersionNotFound):
        fresh.alias("shadow")


def test_a_store_that_cannot_be_written_lists_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fails in the middle of a publication, no half version is seen afterwards."""
    registry = Registry.open(tmp_path / "store")
    create = registry.store.create

    def full_disk(path: str, data: bytes) -> bool:
        if path.startswith("models/"):
            raise StoreUnavailable("expected room on the disk")
        return create(path, data)

    monkeypatch.setattr(registry.store, "create", full_disk)
    with pytest.raises(StoreUnavailable):
        publish(registry, "job")
    assert registry.versions() == []
    monkeypatch.undo()
    assert publish(registry, "job") == "1"
