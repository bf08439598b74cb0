"""The networks that come with the package, so that a first start has something to serve, and a release something new.

``data/shipped`` holds one version as a registry would: ``manifest.json``, ``weights.safetensors`` and pictures.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from model.artifact import encode_weights
from model.calibration import Calibration
from model.config import NetworkConfig
from model.errors import ArtifactCorrupt, ModelError
from model.manifest import decode_manifest, make_manifest
from model.network import Network
from model.registry import Registry

FOLDER = Path(__file__).parent / "data" / "shipped"
PRODUCTION, UNTRAINED = "production", "untrained"

SEEDED = "shipped with the package"
"""Why ``production`` began where it did, in a registry that was empty."""

log = logging.getLogger("numeral.shipped")


def seed(registry: Registry) -> str | None:
    """Put the shipped network (alias ``production``) and an untrained one (``untrained``) into an empty registry.

    A registry that began with the shipped network of an earlier release gets that of this one as a further version,
    which is returned; ``production`` stays where it is.

    Safe to call at every start and from several processes at once: what is there already stays as it is.

    Raises:
        StoreUnavailable: the store could not be reached or has no room.
    """
    names = set(registry.store.names("aliases"))
    if PRODUCTION not in names:
        registry.move_first(PRODUCTION, _publish(registry, shipped_manifest()), SEEDED)
    if UNTRAINED not in names:
        _seed_untrained(registry)
    return _offer(registry) if PRODUCTION in names else None


def _offer(registry: Registry) -> str | None:
    """Publish the shipped network where an earlier one is; what goes wrong keeps nobody from working with what there is."""
    try:
        if registry.history(PRODUCTION)[0].reason != SEEDED:
            return None
        manifest = shipped_manifest()
        if registry.published(_token(manifest)) is not None or _is_known(registry, manifest):
            return None
        version = _publish(registry, manifest)
    except ModelError as error:
        log.warning("the network of this release could not be added: %s", error)
        return None
    log.info("version %s is the network of this release; `numeral promote %s` serves it", version, version)
    return version


def _is_known(registry: Registry, manifest: dict[str, Any]) -> bool:
    """Whether a version has these weights by another token: the network was trained here. Reads every manifest."""
    digest = manifest["weights"]["digest"]
    return any(_digest(registry, version) == digest for version in reversed(registry.versions()))


def _digest(registry: Registry, version: str) -> str | None:
    try:
        return str(registry.manifest(version)["weights"]["digest"])
    except ArtifactCorrupt:
        return None


def shipped_manifest() -> dict[str, Any]:
    """Return the manifest of the network that comes with the package."""
    return decode_manifest((FOLDER / "manifest.json").read_bytes())


def _token(manifest: dict[str, Any]) -> str:
    return f"shipped-{manifest['weights']['digest'].removeprefix('sha256:')[:16]}"


def _publish(registry: Registry, manifest: dict[str, Any]) -> str:
    weights = (FOLDER / "weights.safetensors").read_bytes()
    files = {name: (FOLDER / name).read_bytes() for name in manifest["files"]}
    return registry.publish(manifest, weights, files, _token(manifest))


def _seed_untrained(registry: Registry) -> None:
    network = Network.create(NetworkConfig().hidden, NetworkConfig().activation, np.random.default_rng(0))
    manifest = make_manifest(network, Calibration(), training={"epochs": 0, "seed": 0}, metrics={})
    version = registry.publish(manifest, encode_weights(network), {}, "untrained-0")
    registry.move_first(UNTRAINED, version, "random weights, to compare with")


def export(registry: Registry, version: str, folder: Path) -> list[str]:
    """Write a version as ``seed`` reads it, and return the names of the files: this is how a network comes to be shipped.

    Its parent stays behind; what was learned from it is told under ``training.earlier``.

    Raises:
        VersionNotFound: there is no such version.
        ArtifactCorrupt: it is damaged.
    """
    manifest = registry.manifest(version) | {"parent": None}
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "weights.safetensors": registry.weights(version),
        **{name: registry.file(version, name) for name in manifest["files"]},
        "manifest.json": json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return list(contents)
