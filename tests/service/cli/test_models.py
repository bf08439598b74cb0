"""``numeral models``, ``promote``, ``rollback`` and ``export``."""

import json
from pathlib import Path

import pytest

from model.registry import Registry
from tests.service.cli.commands import json_of, numeral


def test_a_new_home_holds_the_shipped_networks(tmp_path: Path) -> None:
    """Version 1 is in production, version 2 is untrained."""
    [listing] = json_of("models", "--home", tmp_path)
    assert [(row["version"], row["aliases"]) for row in listing["models"]] == [
        ("2", ["untrained"]),
        ("1", ["production"]),
    ]
    assert listing["models"][1]["metrics"]["test_error"] < 0.015


def test_the_network_of_a_new_release_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, with the command that serves it."""
    monkeypatch.setattr("model.shipped.seed", lambda _registry: "3")
    said = "numeral: version 3 is the network of this release; numeral promote 3 serves it\n"
    assert numeral("models", "--home", tmp_path).stderr == said


def test_one_version_is_shown_as_its_card_or_manifest(tmp_path: Path) -> None:
    """The card for people, the manifest for programs; an alias names a version too."""
    card = numeral("models", "production", "--home", tmp_path)
    assert card.stdout.startswith("# Numeral network, version 1")
    [manifest] = json_of("models", "1", "--home", tmp_path)
    assert manifest["version"] == "1"


def test_promote_and_roll_back(tmp_path: Path) -> None:
    """The alias moves there and back; then there is nothing earlier."""
    assert json_of("promote", "untrained", "--home", tmp_path) == [{"alias": "production", "version": "2"}]
    assert json_of("rollback", "--home", tmp_path) == [{"alias": "production", "version": "1"}]
    again = numeral("rollback", "--home", tmp_path)
    assert again.exit_code == 1
    assert "expected an alias with an earlier version" in again.stderr


def test_a_broken_version_is_listed_as_broken(tmp_path: Path) -> None:
    """The list still shows the others."""
    json_of("models", "--home", tmp_path)
    (tmp_path / "store" / "models" / "2" / "manifest.json").write_text("{")
    [listing] = json_of("models", "--home", tmp_path)
    assert "expected a manifest in JSON" in listing["models"][0]["error"]
    assert listing["models"][1]["version"] == "1"
    assert "broken" in numeral("models", "--home", tmp_path).stdout


def test_a_damaged_version_is_not_promoted(tmp_path: Path) -> None:
    """Services would refuse it, and the alias would name what nobody serves."""
    json_of("models", "--home", tmp_path)
    for blob in (tmp_path / "store" / "blobs").iterdir():
        if blob.stat().st_size > 100_000:
            blob.write_bytes(blob.read_bytes()[:-1])
    refused = numeral("promote", "2", "--home", tmp_path)
    assert refused.exit_code == 1
    [listing] = json_of("models", "--home", tmp_path)
    assert listing["models"][1]["aliases"] == ["production"]


def test_export_writes_what_can_be_shipped(tmp_path: Path) -> None:
    """Weights, manifest, charts and card, the weights byte for byte; of what else lies there nothing is said."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "other.txt").write_text("of somebody else")
    [told] = json_of("export", "1", "--out", tmp_path / "out", "--home", tmp_path / "home")
    registry = Registry.open(tmp_path / "home" / "store")
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == registry.weights("1")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == registry.manifest("1")
    assert sorted([*told["files"], "other.txt"]) == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {"card.md", "learning-curve.svg", "confusion-matrix.svg"} <= set(told["files"])


def test_unknown_versions_are_one_sentence(tmp_path: Path) -> None:
    """As JSON where JSON was asked for."""
    result = numeral("models", "77", "--home", tmp_path, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stderr) == {"error": "expected a version that exists, got one that does not"}


def test_a_setting_out_of_range_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong environment is one sentence, too."""
    monkeypatch.setenv("NUMERAL_PORT", "70000")
    result = numeral("models", "--home", tmp_path)
    assert result.exit_code == 1
    assert "NUMERAL_PORT" in result.stderr
