"""The manifest: what cannot be a network of ours is refused, what an earlier release wrote is read."""

from typing import Any

import numpy as np
import pytest

from model.artifact import digest_of
from model.calibration import Calibration
from model.errors import ArtifactCorrupt
from model.manifest import decode_manifest, encode_manifest, make_manifest
from model.network import Network

MANIFEST = make_manifest(
    Network.create((6,), "relu", np.random.default_rng(0)), Calibration(), training={"epochs": 0}, metrics={}
) | {"version": "1", "files": {"card.md": {}}, "weights": {"digest": digest_of(b"")}}
"""As the registry would write it."""


def test_what_was_written_is_read_back() -> None:
    """With every figure as it was."""
    assert decode_manifest(encode_manifest(MANIFEST)) == MANIFEST


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "pickle"}, "format 'numeral'"),
        ({"format_version": 2}, "format version 1"),
        ({"preprocessing": {"version": "999"}}, "preprocessing version"),
        ({"weights": None}, "object 'weights'"),
        ({"version": 1}, "expected a version"),
        ({"files": ["card.md"]}, "an object 'files'"),
        ({"files": {"../card.md": {}}}, "plain file names"),
        ({"files": {"/card.md": {}}}, "plain file names"),
        ({"files": {"": {}}}, "plain file names"),
    ],
)
def test_foreign_manifests_are_refused(changes: dict[str, Any], message: str) -> None:
    """Another format or preprocessing would give wrong answers without an error; so there is one."""
    manifest = {**MANIFEST, **changes}
    with pytest.raises(ArtifactCorrupt, match=message):
        decode_manifest(encode_manifest(manifest))


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_networks_of_an_earlier_normaliser_stay_readable(version: str) -> None:
    """What it made looks the same to a network, so a published version goes on serving."""
    manifest = {**MANIFEST, "preprocessing": {"version": version}}
    assert decode_manifest(encode_manifest(manifest))["preprocessing"] == {"version": version}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    """Torn or deep JSON is an error, not a crash."""
    with pytest.raises(ArtifactCorrupt):
        decode_manifest(data)
