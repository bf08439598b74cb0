"""How requests of the protocols are described in the OpenAPI document."""

from typing import Any

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

_NUMBER = {"type": "number", "minimum": 0, "maximum": 255}
_PARAMETERS = {"type": "object", "additionalProperties": True}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of errors with these statuses below ``/v1`` and ``/v2``."""
    return {status: {"model": ProtocolError, "description": _MEANINGS[status]} for status in statuses}


def infer_body(most: int, example: str) -> dict[str, Any]:
    """Return the description of an inference request.

    Args:
        most: pictures in one request.
        example: a picture file in base64.
    """
    output = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "enum": list(OUTPUTS)},
            "parameters": {"type": "object", "properties": {"binary_data": {"type": "boolean"}}},
        },
    }
    schema = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": "string", "description": "Comes back in the answer."},
            "inputs": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {"type": "object", "oneOf": [_pixels(), _image(most)]},
            },
            "outputs": {"type": "array", "items": output, "description": "Without it, all three."},
            "parameters": {"type": "object", "properties": {"binary_data_output": {"type": "boolean"}}},
        },
    }
    described = (
        "JSON of the length that the header Inference-Header-Content-Length says, then the bytes of the input, which has"
        " the parameter binary_data_size instead of data."
    )
    picture = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [example]}
    return {
        "required": True,
        "content": {
            "application/json": {"schema": schema, "example": {"id": "1", "inputs": [picture]}},
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary", "description": described}
            },
        },
    }


def _pixels() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "pixels",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"type": "string", "enum": ["pixels"]},
            "datatype": {"type": "string", "enum": ["FP32", "UINT8"]},
            "shape": {
                "type": "array",
                "items": {"type": "integer"},
                "description": "[n, 784] or [n, 28, 28]",
            },
            "data": {"type": "array", "description": "0 is paper, 255 is ink; in one list, or nested."},
            "parameters": _PARAMETERS,
        },
    }


def _image(most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "title": "image",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"type": "string", "enum": ["image"]},
            "datatype": {"type": "string", "enum": ["BYTES"]},
            "shape": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1},
            "data": {"type": "array", "items": _IMAGE, "minItems": 1, "maxItems": most},
            "parameters": _PARAMETERS,
        },
    }


def instances_body(most: int, example: str) -> dict[str, Any]:
    """Return the description of a request of ``/v1``.

    Args:
        most: pictures in one request.
        example: a picture file in base64.
    """
    row = {"type": "array", "items": _NUMBER, "minItems": 28, "maxItems": 28}
    instance = {
        "oneOf": [
            {
                "type": "object",
                "required": ["b64"],
                "additionalProperties": False,
                "properties": {"b64": _IMAGE},
            },
            {"type": "array", "items": row, "minItems": 28, "maxItems": 28},
            {"type": "array", "items": _NUMBER, "minItems": 784, "maxItems": 784},
        ]
    }
    schema = {
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": {"type": "array", "items": instance, "minItems": 1, "maxItems": most}},
    }
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": {"instances": [{"b64": example}]}}},
    }
