"""From errors to HTTP."""

import inspect

import orjson
import pytest

from model import errors as model_errors
from service import record_errors
from service.errors import STATUS, ApiError, as_api_error, error_body


def leaves(module: object) -> list[type[Exception]]:
    """Every error of a module that is raised itself."""
    kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)]
    return [kind for kind in kinds if not kind.__subclasses__()]


@pytest.mark.parametrize("kind", leaves(model_errors) + leaves(record_errors), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status(kind: type[Exception]) -> None:
    """But for those of a training, which no request can see."""
    assert (kind in STATUS) or kind is model_errors.Diverged


def test_what_nobody_foresaw_says_nothing() -> None:
    """A 500 names neither the error nor its message."""
    error = as_api_error(KeyError("/etc/secret"))
    assert error.status == 500
    assert "secret" not in error.message
    assert "KeyError" not in error.message


def test_our_routes_answer_problem_documents() -> None:
    """With the members of RFC 9457, and ours."""
    body, media = error_body("/predict", ApiError(422, "expected a digit, got none", field="label"))
    assert media == "application/problem+json"
    assert orjson.loads(body) == {
        "type": "about:blank",
        "title": "Unprocessable Content" if _new_phrase() else "Unprocessable Entity",
        "status": 422,
        "detail": "expected a digit, got none",
        "error": "expected a digit, got none",
        "field": "label",
    }


def _new_phrase() -> bool:
    from http import HTTPStatus

    return HTTPStatus(422).phrase == "Unprocessable Content"


@pytest.mark.parametrize("path", ["/v1", "/v2", "/v2/models/digits/infer", "/v1/models/digits:predict"])
def test_the_protocols_answer_a_plain_error(path: str) -> None:
    """As their clients read it."""
    body, media = error_body(path, ApiError(400, "expected this, got that"))
    assert (media, orjson.loads(body)) == ("application/json", {"error": "expected this, got that"})
    assert error_body(path.replace("v", "vv", 1), ApiError(400, "x"))[1] == "application/problem+json"
