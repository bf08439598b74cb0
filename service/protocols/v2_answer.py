"""An inference answer of the Open Inference Protocol v2, in JSON or with binary tensors behind it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from model.predictor import Reading
from service.exchange import Answer
from service.protocols.descriptions import MODEL
from service.protocols.v2_request import OUTPUTS, Inference

HEADER_LENGTH = b"inference-header-content-length"


def encode(inference: Inference, version: str, readings: Sequence[Reading]) -> Answer:
    """Return the wanted outputs for readings in the order of the pictures."""
    outputs: list[dict[str, Any]] = []
    behind: list[bytes] = []
    for wanted in inference.outputs:
        tensor = _tensor(wanted.name, readings)
        output: dict[str, Any] = {
            "name": wanted.name,
            "datatype": OUTPUTS[wanted.name],
            "shape": tensor.shape,
        }
        if wanted.binary:
            data = tensor.tobytes()
            output["parameters"] = {"binary_data_size": len(data)}
            behind.append(data)
        else:
            output["data"] = tensor.reshape(-1)
        outputs.append(output)
    document: dict[str, Any] = {"model_name": MODEL, "model_version": version, "outputs": outputs}
    if inference.id is not None:
        document["id"] = inference.id
    header = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    if not behind:
        return Answer(header)
    length = (HEADER_LENGTH, b"%d" % len(header))
    return Answer(b"".join((header, *behind)), media=b"application/octet-stream", headers=(length,))


def _tensor(name: str, readings: Sequence[Reading]) -> "np.ndarray[Any, Any]":
    if name == "activations":
        return np.array([reading.activations for reading in readings], "<f4")
    if name == "digit":
        return np.array([reading.digit for reading in readings], "<i8")
    return np.array([reading.confidence for reading in readings], "<f4")
