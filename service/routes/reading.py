"""How ``/predict``, ``/predict/batch`` and ``/explain`` are described."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from service.error_schemas import problems
from service.exchange import Handler
from service.hot import describe
from service.options import INCLUDES
from service.picture_schemas import LABEL, picture_body, several_body
from service.schemas import Explanation, Prediction, Predictions

_RATE = {"type": "number", "exclusiveMinimum": 0, "maximum": 10}


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
_POLICY = [
    _parameter(
        "least_confidence",
        {"type": "number", "minimum": 0, "maximum": 1},
        "Abstain below this confidence; without it, below the one that the server or the network names.",
    ),
    _parameter(
        "abstain_share",
        {"type": "number", "minimum": 0, "maximum": 0.5},
        "Abstain from this share of good digits; takes precedence over least_confidence.",
    ),
]
_ERRORS = problems(400, 401, 404, 408, 409, 413, 415, 422, 503)


def router_of(hot: Mapping[tuple[str, str], Handler], most: int) -> APIRouter:
    """Return the described routes.

    Args:
        hot: the routes on the straight way.
        most: pictures in one request.
    """
    router = APIRouter()
    describe(
        router,
        "/predict",
        hot["POST", "/predict"],
        answer=Prediction,
        body=picture_body(),
        parameters=[*_WHICH, _INCLUDE, *_POLICY],
        errors=_ERRORS,
        operation_id="predict",
        summary="Read one picture",
        description="Send a picture file of one handwritten digit, or 28x28 pixels. Nothing of it is stored.",
        tag="predict",
    )
    describe(
        router,
        "/predict/batch",
        hot["POST", "/predict/batch"],
        answer=Predictions,
        body=several_body(most),
        parameters=[*_WHICH, _INCLUDE, *_POLICY],
        errors=_ERRORS,
        operation_id="predict_batch",
        summary="Read several pictures",
        description="The predictions come in the order of the pictures; one that cannot be read has an error instead.",
        tag="predict",
    )
    describe(
        router,
        "/explain",
        hot["POST", "/explain"],
        answer=Explanation,
        body=picture_body({"label": LABEL, "learning_rate": _RATE}),
        parameters=[
            *_WHICH,
            _parameter("label", LABEL, "The digit it should be; without it, the digit read."),
            _parameter("learning_rate", _RATE, "Of the step; 0.1 without it."),
        ],
        errors=_ERRORS,
        operation_id="explain",
        summary="Show the four steps of back-propagation for one picture",
        description="What the network says, what it should say, and what one step of learning would change.",
        tag="predict",
    )
    return router
