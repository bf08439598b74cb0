"""The artifact: exact bytes, then each corruption."""

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model.artifact import assemble, decode_weights, digest_of, encode_weights
from model.calibration import Calibration
from model.errors import ArtifactCorrupt
from model.manifest import make_manifest
from model.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    """A small network."""
    return Network.create((6,), "relu", np.random.default_rng(0))


def whole_manifest(network: Network, weights: bytes) -> dict[str, Any]:
    """A manifest as the registry would write it."""
    manifest = make_manifest(network, Calibration(), training={"epochs": 0}, metrics={})
    return {
        **manifest, "version": "1", "created_at": "2026-01-01T00:00:00.000Z", "files": {},
        "weights": {"digest": digest_of(weights), "size": len(weights)},
    }  # fmt: skip


def test_equal_networks_give_equal_bytes(network: Network) -> None:
    """Encoding is a function of the weights alone."""
    again = Network.create((6,), "relu", np.random.default_rng(0))
    assert encode_weights(network) == encode_weights(again)


def test_ten_lines_of_plain_numpy_read_the_weights(network: Network) -> None:
    """The file is what the format says: a length, a JSON header, little-endian floats; and forward is what it says."""
    data = encode_weights(network)
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(data[8 + length + start : 8 + length + end], "<f4").reshape(
                entry["shape"]
            )
    a = np.random.default_rng(1).random((2, 784), np.float32)
    hidden = np.maximum(a @ tensors["layers.0.weight"] + tensors["layers.0.bias"], 0)
    z = hidden @ tensors["layers.1.weight"] + tensors["layers.1.bias"]
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(network.forward(a), expected, atol=1e-6)


def test_weights_come_back_bit_for_bit(network: Network) -> None:
    """Decoding what was encoded gives the same network, closed against writing."""
    back, _ = decode_weights(
        encode_weights(network), make_manifest(network, Calibration(), {}, {})["architecture"]
    )
    for layer, original in zip(back.layers, network.layers, strict=True):
        np.testing.assert_array_equal(layer.weight, original.weight)
        assert layer.activation == original.activation
        assert not layer.weight.flags.writeable


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-4],
        lambda data: data + b"\0\0\0\0",
        lambda data: data[:100],
        lambda _: b"",
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data[:8] + b"[" * 100 + data[108:],
        lambda data: b"\x80\x04\x95" + data[3:],
    ],
)
def test_torn_weights_are_refused(network: Network, damage: Callable[[bytes], bytes]) -> None:
    """Every cut, and bytes of another format, are errors that name safetensors."""
    with pytest.raises(ArtifactCorrupt, match="expected a safetensors file"):
        decode_weights(
            damage(encode_weights(network)), make_manifest(network, Calibration(), {}, {})["architecture"]
        )


def test_one_flipped_bit_is_noticed(network: Network) -> None:
    """The digest in the manifest is that of every byte."""
    weights = bytearray(encode_weights(network))
    manifest = whole_manifest(network, bytes(weights))
    weights[-1] ^= 1
    with pytest.raises(ArtifactCorrupt, match="expected weights with digest sha256:"):
        assemble(manifest, bytes(weights))


def test_numbers_that_are_not_finite_are_refused() -> None:
    """A NaN among the weights never reaches a server, whatever its digest says."""
    network = Network.create((6,), "relu", np.random.default_rng(0))
    weights = bytearray(encode_weights(network))
    weights[-4:] = np.float32(np.nan).tobytes()
    with pytest.raises(ArtifactCorrupt, match="expected finite numbers"):
        assemble(whole_manifest(network, bytes(weights)), bytes(weights))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sizes": [784, 7, 10]}, r"expected layers\.0\.weight to be \(784, 7\)"),
        ({"sizes": [784, 6, 6, 10], "activations": ["relu", "relu", "softmax"]}, "expected layers"),
        ({"sizes": [785, 6, 10]}, "expected sizes from 784 to 10"),
        ({"sizes": [784, 10**9, 10]}, "expected sizes from 784 to 10"),
        ({"sizes": "784"}, "expected sizes from 784 to 10"),
        ({"activations": ["os.system", "softmax"]}, "known activation"),
        ({"activations": ["relu", "relu"]}, "known activation"),
        ({"activations": None}, "known activation"),
        ({"sizes": [784, 6, 6, 10], "activations": ["relu", "tanh", "softmax"]}, "the same activation"),
    ],
)
def test_an_architecture_that_does_not_fit_is_refused(
    network: Network, changes: dict[str, Any], message: str
) -> None:
    """The manifest's architecture is checked before a layer is made of it."""
    architecture = {**make_manifest(network, Calibration(), {}, {})["architecture"], **changes}
    with pytest.raises(ArtifactCorrupt, match=message):
        decode_weights(encode_weights(network), architecture)


def test_digests_are_sha_256() -> None:
    """In the form the API shows them."""
    assert digest_of(b"7") == "sha256:" + hashlib.sha256(b"7").hexdigest()
