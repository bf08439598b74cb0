"""Errors inside FastAPI become the same documents as those on the straight way."""

import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Mount

from service.errors import STATUS, ApiError, as_api_error, error_body
from service.exchange import answers_head
from service.sentences import sentence

_OTHER_MODEL = re.compile(r"/v[12]/models/(?!digits(?:[/:]|$))")

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

_SENTENCES = {
    404: "expected the path of a route, got another",
    405: "expected a method of this route, got another",
    413: "expected a smaller body, got more bytes than allowed",
    503: "expected fewer bytes of requests at once, got more; try again soon",
}


def install_error_handlers(app: FastAPI) -> None:
    """Let every error of the application become a document."""
    for kind in (ApiError, Exception, *STATUS):
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _known(request: Request, error: Exception) -> Response:
    return _document(request, as_api_error(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    message = _SENTENCES.get(error.status_code) or _other(error.status_code)
    if error.status_code == 404 and _OTHER_MODEL.match(request.url.path):
        message = "expected the model digits, got another"
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    return _document(request, ApiError(error.status_code, message, headers=headers))


def _other(status: int) -> str:
    return f"expected a request that this route answers, got one that it refuses: {HTTPStatus(status).phrase}"


def _allowed(request: Request) -> str:
    """Return the methods of all routes with this path; the router itself knows only those of the first, and no HEAD."""
    asked = {"type": "http", "path": request.url.path, "root_path": "", "headers": [], "query_string": b""}
    found = [
        method
        for method in _METHODS
        if any(_answers(route, {**asked, "method": method}) for route in request.app.routes)
    ]
    if "GET" in found and answers_head(request.url.path):
        found.append("HEAD")
    return ", ".join(sorted(found))


def _answers(route: BaseRoute, asked: dict[str, Any]) -> bool:
    """Whether a route has this path and method; a mount takes any method, and what we mount are files to be read."""
    if isinstance(route, Mount) and asked["method"] != "GET":
        return False
    return route.matches(asked)[0] is Match.FULL


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _document(request, ApiError(400, "expected a JSON document, got another or a damaged one"))
    field = _field(first)
    return _document(request, ApiError(422, f"{field}: {sentence(first)}", field=field))


def _field(found: dict[str, Any]) -> str:
    """Name what is at fault, but nothing that only the client knows."""
    places = [str(place) for place in found["loc"][1:]]
    if found["type"] == "extra_forbidden":
        places[-1:] = ["?"]
    return ".".join(places) or "body"


def _document(request: Request, error: ApiError) -> Response:
    body, media = error_body(request.url.path, error)
    return Response(body, error.status, error.headers, media)
