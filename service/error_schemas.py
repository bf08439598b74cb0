"""What the OpenAPI document says of errors: problem documents on our own routes, error objects on those of the protocols."""

from typing import Any

from service.errors import PROBLEM

Responses = dict[int | str, dict[str, Any]]

_MEANINGS = {
    400: "Malformed: the body cannot be read, is cut off, or does not fit.",
    401: "An API key is needed.",
    403: "Another web site made a browser ask.",
    404: "There is no such version, alias, job, example or route.",
    405: "The route has no such method.",
    408: "The body took too long.",
    409: "The state of things does not allow it, or the version is broken.",
    413: "Too many bytes, pixels or pictures.",
    415: "A media type or Content-Encoding that is not in the list.",
    422: "Well-formed, but out of range.",
    429: "Too much is waiting already.",
    503: "Too much is waiting, or no network or store is at hand; try again soon.",
}


def problems(*statuses: int) -> Responses:
    """Return what is said of errors with these statuses on our own routes."""
    return _described(statuses, "Problem", PROBLEM)


def protocol_errors(*statuses: int) -> Responses:
    """Return what is said of errors with these statuses below ``/v1`` and ``/v2``."""
    return _described(statuses, "ProtocolError", "application/json")


def _described(statuses: tuple[int, ...], schema: str, media: str) -> Responses:
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {status: {"description": _MEANINGS[status], "content": {media: reference}} for status in statuses}
