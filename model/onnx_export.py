"""A network as an ONNX file, for programs that run it elsewhere.

The graph takes ``pixels``, float32 (batch, 784), 0 paper to 255 ink, as ``model.pixels`` makes them; it divides them by 255
itself. It gives ``activations``, float32 (batch, 10), calibrated, and ``digit``, int64 (batch,). Not in it: decoding and
normalising of pictures, and whether to abstain.

ONNX is a protocol buffer message with few fields; they are written here by hand, because the library that
defines them weighs more than the whole service.

Source: the ONNX IR specification and ``onnx.proto``; Protocol Buffers, Encoding.
"""

import json
import struct
from collections.abc import Iterable

import numpy as np

from model.activations import LEAK
from model.arrays import Array
from model.artifact import Artifact
from model.form import PIXELS
from model.losses import DIGITS
from model.network import Layer

IR_VERSION, OPSET = 9, 20
"""The oldest with the tanh form of GELU: ONNX 1.15, onnxruntime 1.17."""

_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_STRING = 1, 2, 3

_OPERATORS: dict[str, tuple[str, dict[str, float | int | str]]] = {
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAK}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
}


def encode_onnx(artifact: Artifact) -> bytes:
    """Return the ONNX file of a published network; equal artifacts give equal bytes."""
    graph = [_node("Div", ["pixels", "full"], "inputs")]
    tensors = [_tensor("full", np.array(255, np.float32))]
    flowing = "inputs"
    for number, layer in enumerate(artifact.network.layers):
        nodes, flowing = _layer(number, layer, flowing)
        graph += nodes
        tensors += [
            _tensor(f"layers.{number}.weight", layer.weight),
            _tensor(f"layers.{number}.bias", layer.bias),
        ]
    tensors.append(_tensor("sharpness", np.array(1 / artifact.calibration.temperature, np.float32)))
    graph += [
        _node("Mul", [flowing, "sharpness"], "calibrated"),
        _node("Softmax", ["calibrated"], "activations", axis=1),
        _node("ArgMax", ["activations"], "digit", axis=1, keepdims=0),
    ]
    return _model(artifact, _graph(graph, tensors))


def _layer(number: int, layer: Layer, inputs: str) -> tuple[list[bytes], str]:
    """Return the nodes of a layer and the name of what comes out: activations, or logits of the last layer."""
    z = f"layers.{number}.z"
    weighted = _node("Gemm", [inputs, f"layers.{number}.weight", f"layers.{number}.bias"], z)
    if layer.activation == "softmax":
        return [weighted], z
    operator, attributes = _OPERATORS[layer.activation]
    a = f"layers.{number}.a"
    return [weighted, _node(operator, [z], a, **attributes)], a


def _model(artifact: Artifact, graph: bytes) -> bytes:
    manifest = artifact.manifest
    about = {
        "version": artifact.version,
        "digest": artifact.digest,
        "preprocessing": str(manifest["preprocessing"]["version"]),
        "metrics": json.dumps(manifest["metrics"], sort_keys=True),
    }
    return b"".join(
        (
            _number(1, IR_VERSION),
            _text(2, "numeral"),
            _text(3, str(manifest.get("code", {}).get("version", ""))),
            _text(6, "pixels: 0 paper to 255 ink, 28x28 as MNIST's makers centred them"),
            _message(7, graph),
            _message(8, _text(1, "") + _number(2, OPSET)),
            *(_message(14, _text(1, name) + _text(2, value)) for name, value in about.items()),
        )
    )


def _graph(nodes: Iterable[bytes], tensors: Iterable[bytes]) -> bytes:
    return b"".join(
        (
            *(_message(1, node) for node in nodes),
            _text(2, "numeral"),
            *(_message(5, tensor) for tensor in tensors),
            _message(11, _value("pixels", _FLOAT, PIXELS)),
            _message(12, _value("activations", _FLOAT, DIGITS)),
            _message(12, _value("digit", _INT64)),
        )
    )


def _node(operator: str, inputs: Iterable[str], output: str, **attributes: float | str) -> bytes:
    return b"".join(
        (
            *(_text(1, name) for name in inputs),
            _text(2, output),
            _text(3, output),
            _text(4, operator),
            *(_message(5, _attribute(name, value)) for name, value in attributes.items()),
        )
    )


def _attribute(name: str, value: float | str) -> bytes:
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _number(20, _ATTRIBUTE_STRING)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _number(20, _ATTRIBUTE_FLOAT)


def _tensor(name: str, array: Array) -> bytes:
    data = np.ascontiguousarray(array, "<f4").tobytes()
    dims = b"".join(_number(1, size) for size in array.shape)
    return dims + _number(2, _FLOAT) + _text(8, name) + _message(9, data)


def _value(name: str, element: int, *sizes: int) -> bytes:
    """Return the description of a tensor (batch, *sizes)."""
    dimensions = _message(1, _text(2, "batch")) + b"".join(_message(1, _number(1, size)) for size in sizes)
    return _text(1, name) + _message(2, _message(1, _number(1, element) + _message(2, dimensions)))


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value)


def _message(field: int, data: bytes) -> bytes:
    return _key(field, 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _varint(value: int) -> bytes:
    """Return a whole number, not negative, seven bits a byte, the lowest first."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
