"""The ONNX file gives what the network gives, for every activation function and in the runtime others use."""

import numpy as np
import onnx
import onnxruntime
import pytest

from model import shipped
from model.activations import ACTIVATIONS
from model.artifact import Artifact, assemble, encode_weights
from model.calibration import Calibration
from model.manifest import decode_manifest, make_manifest
from model.network import Network, as_inputs
from model.onnx_export import encode_onnx
from model.pixels import VERSION
from model.predictor import Predictor
from model.sources import load_test


def artifact(activation: str, hidden: tuple[int, ...] = (24, 16)) -> Artifact:
    """A network with random weights, as it would be published."""
    network = Network.create(hidden, activation, np.random.default_rng(5))
    calibration = Calibration(temperature=0.37)
    manifest = make_manifest(network, calibration, training={}, metrics={"test_error": 0.5})
    weights = {"digest": "sha256:0", "size": len(encode_weights(network))}
    return Artifact(network, calibration, {**manifest, "version": "1", "weights": weights})


def shipped_artifact() -> Artifact:
    """The network that comes with the package."""
    manifest = decode_manifest((shipped.FOLDER / "manifest.json").read_bytes())
    return assemble(manifest, (shipped.FOLDER / "weights.safetensors").read_bytes())


def session(data: bytes) -> onnxruntime.InferenceSession:
    """A session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options)


def test_onnxruntime_reads_a_thousand_digits_as_we_do() -> None:
    """Activations differ by at most 1e-5, and every digit is the same."""
    network, pixels = shipped_artifact(), load_test().images[:1000]
    readings = Predictor(network).read(pixels, [None] * len(pixels))
    activations, digits = session(encode_onnx(network)).run(None, {"pixels": pixels.astype(np.float32)})
    assert np.abs(activations - np.array([reading.activations for reading in readings])).max() <= 1e-5
    assert digits.tolist() == [reading.digit for reading in readings]


@pytest.mark.parametrize("activation", [*ACTIVATIONS])
def test_every_activation_function_is_the_same_there(activation: str) -> None:
    """Sigmoid, tanh, ReLU with and without a leak, and the tanh form of GELU."""
    network, pixels = artifact(activation), load_test().images[:50]
    expected = network.calibration.activations(network.network.logits(as_inputs(pixels)))
    (found,) = session(encode_onnx(network)).run(["activations"], {"pixels": pixels.astype(np.float32)})
    assert np.abs(found - expected).max() <= 1e-5


def test_a_network_without_hidden_layers_is_exported_too() -> None:
    """One layer is the least a network has."""
    data = encode_onnx(artifact("relu", ()))
    (digits,) = session(data).run(["digit"], {"pixels": np.zeros((3, 784), np.float32)})
    assert digits.shape == (3,)
    assert digits.dtype == np.int64


def test_the_file_is_what_onnx_says_it_should_be() -> None:
    """The checker of the ONNX project finds nothing, shapes included, and reads our notes."""
    model = onnx.load_from_string(encode_onnx(artifact("relu")))
    onnx.checker.check_model(model, full_check=True)
    notes = {entry.key: entry.value for entry in model.metadata_props}
    assert notes["version"] == "1"
    assert notes["preprocessing"] == VERSION
    (pixels,) = model.graph.input
    shape = [d.dim_param or d.dim_value for d in pixels.type.tensor_type.shape.dim]
    assert (pixels.name, shape) == ("pixels", ["batch", 784])
    assert [output.name for output in model.graph.output] == ["activations", "digit"]


def test_equal_networks_give_equal_files() -> None:
    """So a digest of the file means something."""
    assert encode_onnx(artifact("tanh")) == encode_onnx(artifact("tanh"))
