"""The artifact: a network as it is published, and never changed again.

It has two parts. The weights are a safetensors file with tensors ``layers.I.weight`` (n_in, n_out) and ``layers.I.bias``
(n_out,), float32, and the detector's, named likewise after ``detector.``. The manifest (``model.manifest``) tells the rest, and
the SHA-256 of the weights file. Reading checks everything and executes nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from model.activations import ACTIVATIONS
from model.arrays import Array
from model.calibration import Calibration
from model.config import LAYERS, NEURONS, WEIGHTS
from model.detector import ACTIVATIONS as DETECTOR_ACTIVATIONS
from model.detector import HIDDEN, detector_sizes
from model.errors import ArtifactCorrupt, ShapeMismatch
from model.form import PIXELS
from model.losses import DIGITS
from model.network import Layer, Network
from model.tensors import read_metadata

DETECTOR = "detector."
"""What the names of the detector's tensors begin with."""

LARGEST_WEIGHTS = 4 * (WEIGHTS + (NEURONS + PIXELS) * HIDDEN) + 100_000
"""Bytes of the largest weights file we read."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A published network.

    Attributes:
        network: as it was trained.
        calibration: what makes its logits probabilities.
        manifest: as published; not to be changed.
    """

    network: Network
    calibration: Calibration
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The name it was published under, such as ``"7"``."""
        return str(self.manifest["version"])

    @property
    def digest(self) -> str:
        """``sha256:`` and the digest of the weights file."""
        return str(self.manifest["weights"]["digest"])


def digest_of(data: bytes | memoryview) -> str:
    """Return ``sha256:`` and the hexadecimal digest."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def encode_weights(network: Network, detector: Network | None = None) -> bytes:
    """Return the safetensors file of a network and its detector; equal weights give equal bytes."""
    tensors = _named_tensors("", network)
    if detector is not None:
        tensors |= _named_tensors(DETECTOR, detector)
    return save(tensors, {"numeral": json.dumps(architecture(network), sort_keys=True)})


def _named_tensors(prefix: str, network: Network) -> dict[str, Array]:
    tensors: dict[str, Array] = {}
    for i, layer in enumerate(network.layers):
        tensors[f"{prefix}layers.{i}.weight"] = layer.weight
        tensors[f"{prefix}layers.{i}.bias"] = layer.bias
    return tensors


def architecture(network: Network) -> dict[str, Any]:
    """Return sizes and activation functions, as a manifest names them."""
    return {
        "sizes": list(network.sizes),
        "activations": [layer.activation for layer in network.layers],
        "weights": sum(layer.weight.size + layer.bias.size for layer in network.layers),
    }


def decode_weights(
    data: bytes, expected: Mapping[str, Any], detector: bool = False
) -> tuple[Network, Network | None]:
    """Return the network in a safetensors file, and its detector.

    Args:
        data: the whole file.
        expected: the architecture that the manifest names.
        detector: whether the manifest names one.

    Raises:
        ArtifactCorrupt: the file is torn, foreign, or of another architecture.
    """
    sizes, names = checked_architecture(expected)
    try:
        read_metadata(data)
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactCorrupt(f"expected a safetensors file of weights: {type(error).__name__}") from error
    network = _network(tensors, "", sizes, names)
    found = _network(tensors, DETECTOR, detector_sizes(network), DETECTOR_ACTIVATIONS) if detector else None
    n = 2 * (len(network.layers) + (len(found.layers) if found else 0))
    if len(tensors) != n:
        raise ArtifactCorrupt(f"expected {n} tensors, got {len(tensors)}")
    return network, found


def _network(
    tensors: "Mapping[str, np.ndarray[Any, Any]]", prefix: str, sizes: Sequence[int], names: Sequence[str]
) -> Network:
    layers = []
    for i, (n_in, n_out, name) in enumerate(zip(sizes, sizes[1:], names, strict=False)):
        weight = _tensor(tensors, f"{prefix}layers.{i}.weight", (n_in, n_out))
        layers.append(Layer(weight, _tensor(tensors, f"{prefix}layers.{i}.bias", (n_out,)), name))
    return Network(tuple(layers))


def checked_architecture(expected: Mapping[str, Any]) -> tuple[list[int], list[str]]:
    """Return the sizes of all layers, inputs first, and the activation functions that a manifest's architecture names.

    Raises:
        ArtifactCorrupt: it is none that we publish.
    """
    sizes, names = expected.get("sizes"), expected.get("activations")
    if (
        not isinstance(sizes, list)
        or not 2 <= len(sizes) <= LAYERS + 2
        or not all(type(n) is int and 0 < n <= NEURONS for n in sizes)
        or (sizes[0], sizes[-1]) != (PIXELS, DIGITS)
    ):
        raise ArtifactCorrupt(f"expected sizes from {PIXELS} to {DIGITS} in the architecture")
    hidden = len(sizes) - 2
    if (
        not isinstance(names, list)
        or names[hidden:] != ["softmax"]
        or not all(isinstance(name, str) and name in ACTIVATIONS for name in names[:hidden])
    ):
        raise ArtifactCorrupt(
            "expected a known activation function for each hidden layer and softmax for the last"
        )
    if len(set(names[:hidden])) > 1:  # growth and explanation take the first for all
        raise ArtifactCorrupt("expected the same activation function for all hidden layers")
    return sizes, names


def _tensor(tensors: Mapping[str, "np.ndarray[Any, Any]"], name: str, shape: tuple[int, ...]) -> Array:
    tensor = tensors.get(name)
    if tensor is None or tensor.shape != shape or tensor.dtype != np.float32:
        found = "none" if tensor is None else f"{tensor.shape} {tensor.dtype}"
        raise ArtifactCorrupt(f"expected {name} to be {shape} float32, got {found}")
    if not np.isfinite(tensor).all():
        raise ArtifactCorrupt(f"expected finite numbers in {name}")
    return tensor


def assemble(manifest: Mapping[str, Any], weights: bytes) -> Artifact:
    """Return the artifact that a manifest and a weights file make together.

    Raises:
        ArtifactCorrupt: they do not belong together, or either is damaged.
    """
    found, expected = digest_of(weights), manifest["weights"].get("digest")
    if found != expected:
        raise ArtifactCorrupt(f"expected weights with digest {expected}, got {found}")
    return assemble_verified(manifest, weights)


def assemble_verified(manifest: Mapping[str, Any], weights: bytes) -> Artifact:
    """Return what ``assemble`` does, of a weights file that is known to have the manifest's digest.

    Raises:
        ArtifactCorrupt: either is damaged.
    """
    try:
        has_detector = "detector" in manifest["calibration"]
        network, detector = decode_weights(weights, manifest["architecture"], has_detector)
    except ShapeMismatch as error:
        raise ArtifactCorrupt(str(error)) from error
    return Artifact(network, Calibration.from_dict(manifest["calibration"], detector), manifest)
