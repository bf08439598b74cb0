"""How ``/predict``, ``/predict/batch`` and ``/explain`` are described, and their place on the straight way."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from service.bodies import BYTES, IMAGE_TYPES, JSON, MULTIPART
from service.exchange import Handler
from service.hot import describe
from service.routes.explain import Explain
from service.routes.predict import INCLUDES, Predict
from service.schemas import Explanation, Prediction, Predictions
from service.services import Services

SEVEN = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAwUlEQVR42mNgGDaAEUKFpD77sfTFHeyS9xQYGBg+X4UKPuk6w8DAwMDAAuGm6l/T"
    "MnSweCzLwPDntSTDozPIOhkYGBgYBA3PmDIw/Lh1XShnGi5nBP+9KIRLTuzl/2AokwlDMlv0/U1cGq1//rPD6fHWf7tZcclxnv1hhVNj3b9tOOW8"
    "f3+wxCUnfPffMlxyzKf/3VbGJan2758vLjn5B/+KGXF78Z8JLjnbT+iSSGFrw8Nw9wuKJAsy56LzO+ITGABpETyQcCy90wAAAABJRU5ErkJggg=="
)
"""A handwritten digit as a PNG in base64: the example of the documentation."""

_BINARY = {"type": "string", "format": "binary"}
IMAGE = {
    "type": "string",
    # Base64 of what PNG, JPEG, WebP, BMP, GIF and TIFF files begin with; the shortest whole file is longer than that.
    "pattern": r"^(?=.{40})(?:data:[^,]{0,80};base64,)?(?:iVBORw0KGgo|/9j/|UklGR|Qk|R0lGOD|SUkq|SUkr|TU0A)",
    "description": "base64 or a data URL of a picture file",
}
"""A picture in JSON."""

_NUMBER = {"type": "number", "minimum": 0, "maximum": 255}
_ROW = {"type": "array", "items": _NUMBER, "minItems": 28, "maxItems": 28}
_PIXELS = {
    "description": "28 rows of 28 numbers, or 784 numbers: 0 is paper, 255 is ink; taken as they are",
    "oneOf": [
        {"type": "array", "items": _ROW, "minItems": 28, "maxItems": 28},
        {"type": "array", "items": _NUMBER, "minItems": 784, "maxItems": 784},
    ],
}
_LABEL = {"type": "integer", "minimum": 0, "maximum": 9}
_RATE = {"type": "number", "exclusiveMinimum": 0, "maximum": 10}


def picture_body(
    members: Mapping[str, Any] | None = None, example: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the OpenAPI description of a body with one picture.

    Args:
        members: schemas of what JSON may hold beside it.
        example: what the example has beside it.
    """
    more = dict(members or {})
    forms = [
        {
            "type": "object",
            "required": [name],
            "additionalProperties": False,
            "properties": {name: schema, **more},
        }
        for name, schema in (("image", IMAGE), ("pixels", _PIXELS))
    ]
    return {
        "required": True,
        "description": f"{JSON}, a picture file, {MULTIPART} with one file, or {BYTES} with a picture file.",
        "content": {
            JSON: {"schema": {"oneOf": forms}, "example": {"image": SEVEN, **(example or {})}},
            "image/*": {"schema": _BINARY | {"description": f"A file of {', '.join(IMAGE_TYPES)}."}},
        },
    }


def _several_body(most: int) -> dict[str, Any]:
    pictures = {"type": "array", "items": IMAGE, "minItems": 1, "maxItems": most}
    files = {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": most}
    schema = {
        "type": "object", "required": ["images"], "additionalProperties": False, "properties": {"images": pictures}
    }  # fmt: skip
    form = {"type": "object", "required": ["files"], "properties": {"files": files}}
    return {
        "required": True,
        "content": {
            JSON: {"schema": schema, "example": {"images": [SEVEN, SEVEN]}},
            MULTIPART: {"schema": form},
        },
    }


def _parameter(name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": description,
        **more,
    }


_WHICH = [
    _parameter("version", {"type": "string"}, "Read with this version, not the one in production."),
    _parameter("alias", {"type": "string"}, "Read with the version that this alias points to."),
]
_INCLUDE = _parameter(
    "include",
    {"type": "array", "items": {"type": "string", "enum": list(INCLUDES)}},
    "image: the 28x28 picture the network saw. layers: every layer's activations.",
    style="form",
    explode=False,
)
_ERRORS = (400, 401, 404, 408, 409, 413, 415, 422, 503)


def router_of(services: Services) -> tuple[APIRouter, dict[tuple[str, str], Handler]]:
    """Return the described routes, and the functions on the straight way by method and path."""
    router, predict, explain = APIRouter(), Predict(services), Explain(services)
    describe(
        router,
        "/predict",
        predict.one,
        answer=Prediction,
        body=picture_body(),
        parameters=[*_WHICH, _INCLUDE],
        errors=_ERRORS,
        operation_id="predict",
        summary="Read one picture",
        description="Send a picture file of one handwritten digit, or 28x28 pixels. Nothing of it is stored.",
        tag="predict",
    )
    describe(
        router,
        "/predict/batch",
        predict.batch,
        answer=Predictions,
        body=_several_body(services.settings.max_batch),
        parameters=[*_WHICH, _INCLUDE],
        errors=_ERRORS,
        operation_id="predict_batch",
        summary="Read several pictures",
        description="The predictions come in the order of the pictures; one that cannot be read has an error instead.",
        tag="predict",
    )
    describe(
        router,
        "/explain",
        explain.one,
        answer=Explanation,
        body=picture_body({"label": _LABEL, "learning_rate": _RATE}),
        parameters=[
            *_WHICH,
            _parameter("label", _LABEL, "The digit it should be; without it, the digit read."),
            _parameter("learning_rate", _RATE, "Of the step; 0.1 without it."),
        ],
        errors=_ERRORS,
        operation_id="explain",
        summary="Show the four steps of back-propagation for one picture",
        description="What the network says, what it should say, and what one step of learning would change.",
        tag="predict",
    )
    hot: dict[tuple[str, str], Handler] = {
        ("POST", "/predict"): predict.one,
        ("POST", "/predict/batch"): predict.batch,
        ("POST", "/explain"): explain.one,
    }
    return router, hot
