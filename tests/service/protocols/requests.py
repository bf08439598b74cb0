"""Inference requests of the Open Inference Protocol, as bytes."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

INFER = "/v2/models/digits/infer"
LENGTH = "Inference-Header-Content-Length"


def pixels(rows: int = 1, **changes: Any) -> dict[str, Any]:
    """A binary FP32 input; a change to None takes a member away."""
    tensor = {
        "name": "pixels",
        "datatype": "FP32",
        "shape": [rows, 784],
        "parameters": {"binary_data_size": rows * 3136},
        **changes,
    }
    return {name: value for name, value in tensor.items() if value is not None}


def in_json(rows: Any, **changes: Any) -> dict[str, Any]:
    """An FP32 input of one picture in JSON."""
    return pixels(parameters=None, data=rows, **changes)


def binary(
    inputs: list[dict[str, Any]], data: bytes, *, length: str | None = None, **members: Any
) -> tuple[bytes, dict[str, str]]:
    """A body with JSON and bytes behind it, and its header."""
    header = json.dumps({"inputs": inputs, **members}).encode()
    return header + data, {LENGTH: str(len(header)) if length is None else length}


def plain(inputs: Any, **members: Any) -> tuple[bytes, dict[str, str]]:
    """A body of JSON alone."""
    return json.dumps({"inputs": inputs, **members}).encode(), {}


def with_lengths(*pictures: bytes) -> bytes:
    """Pictures as BYTES elements."""
    return b"".join(struct.pack("<I", len(picture)) + picture for picture in pictures)


def floats(value: float, count: int = 784) -> bytes:
    """So many numbers of FP32."""
    return np.full(count, value, np.float32).tobytes()


def tensors(body: bytes, length: int) -> dict[str, NDArray[Any]]:
    """The binary outputs of an answer, by name."""
    types = {"FP32": "<f4", "INT64": "<i8"}
    header, offset = json.loads(body[:length]), length
    found = {}
    for output in header["outputs"]:
        size = output["parameters"]["binary_data_size"]
        values = np.frombuffer(body[offset : offset + size], types[output["datatype"]])
        found[output["name"]] = values.reshape(output["shape"])
        offset += size
    assert offset == len(body)
    return found
