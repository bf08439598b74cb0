"""The manifest: a JSON document beside the weights of a published network.

It tells format, architecture, preprocessing, calibration, how the network was trained, on what, how well it reads, and the SHA-256
of the weights file.
"""

import json
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from model.artifact import architecture
from model.calibration import Calibration
from model.errors import ArtifactCorrupt
from model.network import Network
from model.pixels import READABLE as PREPROCESSINGS
from model.pixels import VERSION as PREPROCESSING

FORMAT = "numeral"
FORMAT_VERSION = 1

LARGEST_MANIFEST = 4_000_000
"""Bytes of the largest manifest we read; ten thousand epochs take under one million."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def make_manifest(
    network: Network, calibration: Calibration, training: Mapping[str, Any], metrics: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the manifest of a network, but for what the registry fills in."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "architecture": architecture(network),
        "preprocessing": {"version": PREPROCESSING},
        "calibration": calibration.to_dict(),
        "training": dict(training),
        "metrics": dict(metrics),
        "code": {"version": _code_version()},
        "parent": None,
    }


def _code_version() -> str:
    """Return the version of the installed package."""
    try:
        return version("numeral")
    except PackageNotFoundError:
        return "unknown"


def encode_manifest(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as indented JSON."""
    return json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False).encode()


def decode_manifest(data: bytes) -> dict[str, Any]:
    """Return a manifest.

    Raises:
        ArtifactCorrupt: it is torn, of a foreign format, or made for another preprocessing.
    """
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactCorrupt(f"expected a manifest in JSON: {type(error).__name__}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArtifactCorrupt(f"expected a manifest of format {FORMAT!r}, got another")
    if manifest.get("format_version") != FORMAT_VERSION:
        raise ArtifactCorrupt(f"expected format version {FORMAT_VERSION}, got another")
    for name in ("weights", "architecture", "preprocessing", "calibration", "training", "metrics"):
        if not isinstance(manifest.get(name), dict):
            raise ArtifactCorrupt(f"expected an object {name!r} in the manifest")
    if manifest["preprocessing"].get("version") not in PREPROCESSINGS:
        known = " or ".join(sorted(PREPROCESSINGS))
        raise ArtifactCorrupt(f"expected a network for preprocessing version {known}, got another")
    if not isinstance(manifest.get("version"), str):
        raise ArtifactCorrupt("expected a version in the manifest")
    _require_file_names(manifest.get("files"))
    return manifest


def _require_file_names(files: object) -> None:
    """Refuse names that lead out of the folder that a version is exported to."""
    if not isinstance(files, dict) or not all(_FILE_NAME.fullmatch(name) for name in files):
        raise ArtifactCorrupt("expected an object 'files' in the manifest, whose keys are plain file names")
