"""The networks that come with the package, so that a first start has something to serve.

``data/shipped`` holds one version as a registry would: ``manifest.json``, ``weights.safetensors`` and pictures.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from model.artifact import decode_manifest, encode_weights
from model.calibration import Calibration
from model.config import NetworkConfig
from model.network import Network
from model.registry import Registry

FOLDER = Path(__file__).parent / "data" / "shipped"
PRODUCTION, UNTRAINED = "production", "untrained"


def seed(registry: Registry) -> None:
    """Put the shipped network (alias ``production``) and an untrained one (``untrained``) into an empty registry.

    Safe to call at every start and from several processes at once: what is there already stays as it is.

    Raises:
        StoreUnavailable: the store could not be reached or has no room.
    """
    names = set(registry.store.names("aliases"))
    if PRODUCTION not in names:
        _seed_shipped(registry)
    if UNTRAINED not in names:
        _seed_untrained(registry)


def _seed_shipped(registry: Registry) -> None:
    manifest: dict[str, Any] = decode_manifest((FOLDER / "manifest.json").read_bytes())
    weights = (FOLDER / "weights.safetensors").read_bytes()
    files = {name: (FOLDER / name).read_bytes() for name in manifest["files"]}
    token = "shipped-" + manifest["weights"]["digest"].removeprefix("sha256:")[:16]
    version = registry.publish(manifest, weights, files, token)
    registry.move_first(PRODUCTION, version, "shipped with the package")


def _seed_untrained(registry: Registry) -> None:
    from model.publication import (
        make_manifest,  # brings the trainer in, which a start that seeds nothing can do without
    )

    network = Network.create(NetworkConfig().hidden, NetworkConfig().activation, np.random.default_rng(0))
    manifest = make_manifest(network, Calibration(), training={"epochs": 0, "seed": 0}, metrics={})
    version = registry.publish(manifest, encode_weights(network), {}, "untrained-0")
    registry.move_first(UNTRAINED, version, "random weights, to compare with")


def export(registry: Registry, version: str, folder: Path) -> None:
    """Write a version as ``seed`` reads it: this is how a network comes to be shipped.

    Its parent stays behind; what was learned from it is told under ``training.earlier``.

    Raises:
        VersionNotFound: there is no such version.
        ArtifactCorrupt: it is damaged.
    """
    manifest = registry.manifest(version) | {"parent": None}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.safetensors").write_bytes(registry.weights(version))
    for name in manifest["files"]:
        (folder / name).write_bytes(registry.file(version, name))
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
