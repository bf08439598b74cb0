"""How requests of the protocols are described in the OpenAPI document."""

from typing import Any

from model.form import PIXELS
from service.picture_schemas import ANY_IMAGE, NUMBER, SEVEN
from service.picture_schemas import PIXELS as PIXELS_SCHEMA
from service.protocols.v2_request import OUTPUTS


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
                "items": {"oneOf": [_pixels(), _image()]},
            },
            "outputs": outputs,
            "parameters": _flag("binary_data_output"),
        },
    }
    example = {"id": "1", "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [SEVEN]}]}
    return {
        "required": True,
        "description": (
            f"Up to {most} pictures; several have the shape [n, 784] or [n, 28, 28]. With binary tensors: application/octet-stream, JSON of"
            " the length that the header Inference-Header-Content-Length says, then the bytes of the input, which has the"
            " parameter binary_data_size instead of data."
        ),
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _flag(name: str) -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": {name: {"type": "boolean"}}}


def _exactly(number: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": number, "maximum": number}


def _pixels() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "pixels",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"type": "string", "enum": ["pixels"]},
            "datatype": {"type": "string", "enum": ["FP32"], "description": "Or UINT8."},
            "shape": {
                "type": "array",
                "prefixItems": [_exactly(1), _exactly(PIXELS)],
                "items": {"type": "integer"},
                "minItems": 2,
                "maxItems": 2,
                "description": "Or [1, 28, 28].",
            },
            "data": {
                "type": "array",
                "items": NUMBER,
                "minItems": PIXELS,
                "maxItems": PIXELS,
                "description": "0 is paper, 255 is ink; in one list, or nested as the shape says.",
            },
        },
    }


def _image() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "image",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"type": "string", "enum": ["image"]},
            "datatype": {"type": "string", "pattern": "^(?=BYTES$)BYTES$"},
            "shape": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1},
            "data": {"type": "array", "items": ANY_IMAGE, "minItems": 1},
        },
    }


def instances_body(most: int) -> dict[str, Any]:
    """Return the description of a request of ``/v1``.

    Args:
        most: pictures in one request.
    """
    schema = {
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": {"type": "array", "items": PIXELS_SCHEMA, "minItems": 1}},
    }
    one = [
        [255 if row in range(4, 24) and column in (13, 14) else 0 for column in range(28)]
        for row in range(28)
    ]
    return {
        "required": True,
        "description": f'Up to {most} instances; one may also be a picture file, `{{"b64": base64}}`.',
        "content": {"application/json": {"schema": schema, "example": {"instances": [one]}}},
    }
