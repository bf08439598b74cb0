"""What can go wrong in a request, and the one table from errors to HTTP.

* ApiError             an error that knows its status
  - BodyTooLarge       413, found out before the body was read
  - Overloaded         503, too much is waiting

Errors on our own routes are RFC 9457 problem documents with a member ``error``; below ``/v1`` and ``/v2`` they are
``{"error": "…"}``, which is what the clients of those protocols read.
"""

from collections.abc import Mapping
from http import HTTPStatus

import orjson

from model.errors import (
    ArtifactCorrupt,
    CheckpointInvalid,
    ConfigInvalid,
    DataError,
    ImageCorrupt,
    ImageTooLarge,
    NoEarlierVersion,
    ShapeMismatch,
    StoreUnavailable,
    UnsupportedImage,
    VersionNotFound,
)
from service.record_errors import (
    DatabaseUnavailable,
    ExampleNotFound,
    IdempotencyConflict,
    JobConflict,
    JobNotFound,
    TooManyJobs,
)

PROBLEM = "application/problem+json"

STATUS: dict[type[Exception], int] = {
    ImageCorrupt: 400,
    VersionNotFound: 404,
    JobNotFound: 404,
    ExampleNotFound: 404,
    NoEarlierVersion: 409,
    ArtifactCorrupt: 409,
    CheckpointInvalid: 409,
    JobConflict: 409,
    ImageTooLarge: 413,
    UnsupportedImage: 415,
    ShapeMismatch: 422,
    ConfigInvalid: 422,
    DataError: 422,
    IdempotencyConflict: 409,
    TooManyJobs: 429,
    StoreUnavailable: 503,
    DatabaseUnavailable: 503,
}


class ApiError(Exception):
    """An error with a status.

    Args:
        status: 400 to 599.
        message: one sentence: what was expected and what came, without anything the client sent.
        field: the member or parameter at fault.
        headers: to send with it.
    """

    def __init__(
        self, status: int, message: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.headers = dict(headers or {})


class BodyTooLarge(ApiError):
    """More bytes than allowed; the rest of the body is still on its way."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"expected a body of at most {limit} bytes, got more")


class Overloaded(ApiError):
    """Too much is waiting for this process to take this on as well; it may be asked again soon."""

    def __init__(self, message: str) -> None:
        super().__init__(503, f"{message}; try again soon", headers={"Retry-After": "1"})


def as_api_error(error: Exception) -> ApiError:
    """Return any error as one that knows its status; what nobody foresaw is a 500 that says nothing about the inside."""
    if isinstance(error, ApiError):
        return error
    status = STATUS.get(type(error))
    if status is None:
        return ApiError(500, "internal error; the log has the details under this request id")
    headers = {"Retry-After": "1"} if status == 503 else {}
    if isinstance(error, TooManyJobs):
        headers = {"Retry-After": str(error.retry_after)}
    return ApiError(status, str(error), field=getattr(error, "field", None), headers=headers)


def error_body(path: str, error: ApiError) -> tuple[bytes, str]:
    """Return the document for an error on this path, and its media type."""
    if path.startswith(("/v1/", "/v2/")) or path in ("/v1", "/v2"):
        return orjson.dumps({"error": error.message}), "application/json"
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "error": error.message,
    }
    if error.field is not None:
        problem["field"] = error.field
    return orjson.dumps(problem), PROBLEM
