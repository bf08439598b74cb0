"""Which network answers: how it changes, and what a broken version does."""

import logging
import re
from pathlib import Path

import pytest

from model.errors import ArtifactCorrupt, VersionNotFound
from model.registry import Registry
from service.errors import ApiError
from service.serving import KEPT, Serving
from tests.service.conftest import publish_tiny


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Three versions; 1 in production."""
    registry = Registry.open(tmp_path)
    for seed in (1, 2, 3):
        publish_tiny(registry, seed)
    registry.set_alias("production", "1", "a test")
    return registry


def damage(folder: Path, registry: Registry, version: str) -> Path:
    """Change one byte in the weights of a version."""
    digest = registry.manifest(version)["weights"]["digest"].removeprefix("sha256:")
    blob: Path = folder / "blobs" / digest
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    return blob


def version_of(serving: Serving) -> str:
    """The version that answers."""
    assert serving.current is not None
    return serving.current.version


def test_production_is_followed(registry: Registry) -> None:
    """A look after the alias moved swaps; without a move the very same network stays."""
    swaps: list[tuple[str, bool]] = []
    serving = Serving(registry, swapped=lambda version, first: swaps.append((version, first)))
    serving.refresh()
    first = serving.current
    serving.refresh()
    assert serving.current is first
    registry.set_alias("production", "2", "a test")
    serving.refresh()
    assert version_of(serving) == "2"
    registry.rollback("production", "a test")
    serving.refresh()
    assert version_of(serving) == "1"
    assert swaps == [("1", True), ("2", False), ("1", False)]


def test_nothing_answers_before_a_network_is_loaded(tmp_path: Path) -> None:
    """An empty registry is not ready, and says why."""
    serving = Serving(Registry.open(tmp_path))
    assert serving.reason_not_ready == "starting"
    serving.refresh()
    assert serving.reason_not_ready == "no_network"
    with pytest.raises(ApiError) as refused:
        serving.at_hand(None)
    assert refused.value.status == 503


def test_a_broken_version_is_skipped_for_the_newest_good_one(
    tmp_path: Path, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """At the first start: of the alias's history the newest that is whole serves; the reason is kept and logged."""
    for version in ("2", "3"):
        registry.set_alias("production", version, "a test")
    damage(tmp_path, registry, "3")
    serving = Serving(registry)
    with caplog.at_level(logging.ERROR):
        serving.refresh()
        serving.refresh()
    assert version_of(serving) == "2"
    assert list(serving.broken) == ["3"]
    assert "digest" in serving.broken["3"]
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "version 3 is broken and will not serve"
    ]


def test_the_current_network_stays_when_the_next_is_broken(tmp_path: Path, registry: Registry) -> None:
    """A promotion of a damaged version changes nothing; one of a whole version is followed."""
    serving = Serving(registry)
    serving.refresh()
    damage(tmp_path, registry, "2")
    registry.set_alias("production", "2", "a test")
    serving.refresh()
    assert version_of(serving) == "1"
    assert "2" in serving.broken
    registry.set_alias("production", "3", "a test")
    serving.refresh()
    assert version_of(serving) == "3"


def test_a_mended_version_serves_after_all(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody copies the file again: the next try takes it and forgets the reason."""
    monkeypatch.setattr("service.serving.SECOND_TRY", 0.0)
    blob = damage(tmp_path, registry, "2")
    registry.set_alias("production", "2", "a test")
    serving = Serving(registry)
    serving.refresh()
    assert version_of(serving) == "1"
    damage(tmp_path, registry, "2")  # flips the byte back
    assert blob.exists()
    serving.refresh()
    assert version_of(serving) == "2"
    assert serving.broken == {}


def test_an_unreachable_store_leaves_the_current_network(tmp_path: Path, registry: Registry) -> None:
    """The folder is gone and comes back; meanwhile the network in memory answers."""
    serving = Serving(registry)
    serving.refresh()
    current = serving.current
    (tmp_path / "aliases").rename(tmp_path / "hidden")
    (tmp_path / "aliases").write_text("not a folder")
    serving.refresh()
    assert serving.current is current
    (tmp_path / "aliases").unlink()
    (tmp_path / "hidden").rename(tmp_path / "aliases")
    registry.set_alias("production", "2", "a test")
    serving.refresh()
    assert version_of(serving) == "2"
    assert serving.problem is None


def test_other_versions_are_fetched_once(registry: Registry) -> None:
    """A version or alias that is not current is loaded on demand and kept for a while."""
    registry.set_alias("candidate", "2", "a test")
    serving = Serving(registry)
    serving.refresh()
    assert serving.at_hand("2") is None
    fetched = serving.fetch("candidate")
    assert serving.at_hand("2") is fetched
    assert serving.at_hand("candidate") is fetched
    assert serving.at_hand("production") is serving.at_hand("1") is serving.current


@pytest.fixture
def many(registry: Registry) -> Registry:
    """More versions than are kept."""
    for seed in range(4, 4 + KEPT):
        publish_tiny(registry, seed)
    return registry


def test_only_a_few_other_versions_are_kept(many: Registry) -> None:
    """The one asked for longest ago goes first."""
    serving = Serving(many)
    serving.refresh()
    names = [str(n) for n in range(2, KEPT + 3)]
    for name in names:
        serving.fetch(name)
    assert [name for name in names if serving.at_hand(name) is None] == ["2"]


def test_a_version_that_is_asked_for_again_stays(many: Registry) -> None:
    """It counts as the most recent one then."""
    serving = Serving(many)
    serving.refresh()
    names = [str(n) for n in range(2, KEPT + 3)]
    for name in names[:-1]:
        serving.fetch(name)
    assert serving.at_hand("2") is not None
    serving.fetch(names[-1])
    assert [name for name in names if serving.at_hand(name) is None] == ["3"]


def test_the_shadow_stays_whatever_else_is_asked_for(many: Registry) -> None:
    """It reads every picture, so loading it anew each time would cost more than all answers."""
    many.set_alias("shadow", "2", "a test")
    serving = Serving(many)
    serving.refresh()
    shadow = serving.fetch("shadow")
    for n in range(3, KEPT + 4):
        serving.fetch(str(n))
    assert serving.at_hand("shadow") is shadow
    assert serving.at_hand("3") is None


def test_unknown_and_broken_versions_say_so(tmp_path: Path, registry: Registry) -> None:
    """Each with its own error, and only the broken one is noted as such."""
    serving = Serving(registry)
    serving.refresh()
    damage(tmp_path, registry, "2")
    for name in ("9", "nobody", "../1", ""):
        with pytest.raises(VersionNotFound):
            serving.fetch(name)
    with pytest.raises(ArtifactCorrupt):
        serving.fetch("2")
    assert list(serving.broken) == ["2"]


def test_a_broken_version_is_not_loaded_for_every_picture(tmp_path: Path, registry: Registry) -> None:
    """Whoever reads with it, as the shadow does, waits for the second try; a promotion looks at it now."""
    registry.set_alias("shadow", "2", "a test")
    serving = Serving(registry)
    serving.refresh()
    damage(tmp_path, registry, "2")
    with pytest.raises(ArtifactCorrupt) as refused:
        serving.fetch("shadow")
    damage(tmp_path, registry, "2")  # flips the byte back
    with pytest.raises(ArtifactCorrupt, match=re.escape(str(refused.value))):
        serving.fetch("shadow")
    assert serving.fetch_version("2").version == "2"
    assert serving.fetch("shadow").version == "2"


def test_what_comes_first_is_done_until_it_succeeds(registry: Registry) -> None:
    """Such as filling an empty store that cannot be reached yet."""
    tries = []

    def prepare(_: Registry) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise VersionNotFound("not yet")

    serving = Serving(registry)
    serving.first(prepare)
    serving.refresh()
    assert serving.reason_not_ready == "no_network"
    serving.refresh()
    serving.refresh()
    assert len(tries) == 2
    assert version_of(serving) == "1"


def test_a_thread_follows_by_itself(registry: Registry) -> None:
    """Between start and stop nobody needs to call refresh."""
    serving = Serving(registry, every=0.01)
    serving.start()
    assert serving.looked.wait(10)
    serving.stop()
    assert version_of(serving) == "1"
