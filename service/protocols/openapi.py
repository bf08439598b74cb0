"""How requests of the protocols are described in the OpenAPI document."""

from typing import Any

from model.network import PIXELS
from service.picture_schemas import IMAGE, NUMBER, SEVEN
from service.picture_schemas import PIXELS as PIXELS_SCHEMA
from service.protocols.v2_request import OUTPUTS
from service.protocols.v2_schemas import ProtocolError

_MEANINGS = {
    400: "Something does not fit: the JSON, a name, a datatype, a shape, a size or a value.",
    401: "An API key is needed.",
    404: "There is no such version.",
    408: "The body took too long.",
    409: "The version is broken, or the state of things does not allow it.",
    413: "Too many bytes or pictures.",
    415: "A Content-Encoding that is not known.",
    422: "Well-formed, but out of range.",
    503: "No network is loaded yet, too much is waiting, or the store is out of reach.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of errors with these statuses below ``/v1`` and ``/v2``."""
    return {status: {"model": ProtocolError, "description": _MEANINGS[status]} for status in statuses}


def infer_body(most: int) -> dict[str, Any]:
    """Return the description of an inference request.

    Args:
        most: pictures in one request.
    """
    output = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "enum": list(OUTPUTS)},
            "parameters": _flag("binary_data"),
        },
    }
    outputs = {
        "type": ["array", "null"],
        "maxItems": 1,
        "items": output,
        "description": "Without it, all three.",
    }
    schema = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": ["string", "null"], "description": "Comes back in the answer."},
            "inputs": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {"oneOf": [_pixels(), _image(most)]},
            },
            "outputs": outputs,
            "parameters": _flag("binary_data_output"),
        },
    }
    example = {"id": "1", "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [SEVEN]}]}
    return {
        "required": True,
        "description": (
            "Several pictures have the shape [n, 784] or [n, 28, 28]. With binary tensors: application/octet-stream, JSON of"
            " the length that the header Inference-Header-Content-Length says, then the bytes of the input, which has the"
            " parameter binary_data_size instead of data."
        ),
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _flag(name: str) -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": {name: {"type": "boolean"}}}


def _pixels() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "pixels",
        "required": ["name", "datatype", "shape", "data"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "enum": ["pixels"]},
            "datatype": {"type": "string", "enum": ["FP32"], "description": "Or UINT8."},
            "shape": {"enum": [[1, PIXELS], [1, 28, 28]]},
            "data": {
                "type": "array",
                "items": NUMBER,
                "minItems": PIXELS,
                "maxItems": PIXELS,
                "description": "0 is paper, 255 is ink; in one list, or nested as the shape says.",
            },
        },
    }


def _image(most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "title": "image",
        "required": ["name", "datatype", "shape", "data"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "enum": ["image"]},
            "datatype": {"type": "string", "enum": ["BYTES"]},
            "shape": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1},
            "data": {"type": "array", "items": IMAGE, "minItems": 1, "maxItems": most},
        },
    }


def instances_body(most: int) -> dict[str, Any]:
    """Return the description of a request of ``/v1``.

    Args:
        most: pictures in one request.
    """
    instance = {
        "oneOf": [
            {
                "type": "object",
                "required": ["b64"],
                "additionalProperties": False,
                "properties": {"b64": IMAGE},
            },
            *PIXELS_SCHEMA["oneOf"],
        ]
    }
    schema = {
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": {"type": "array", "items": instance, "minItems": 1, "maxItems": most}},
    }
    example = {"instances": [{"b64": SEVEN}]}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}
