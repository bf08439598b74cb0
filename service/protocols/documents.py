"""The JSON of requests that may hold a whole batch of pixels."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import orjson

from model.errors import ImageError, ImageTooLarge
from model.form import PIXELS
from service.errors import ApiError

_SPARE = 4096
"""Commas beside those between pixels."""

_PIECE = 1 << 18
"""Bytes compared at once: few enough to stay in the cache."""


def parse(body: bytes, most: int, *, binary: bool = False) -> dict[str, Any]:
    """Return the object in a JSON document; one with more values than any batch has is refused before it becomes objects.

    Args:
        body: the document.
        most: pictures in one request.
        binary: it stands before binary tensors, where there are such.

    Raises:
        ApiError: 400, no JSON or no object; 413, too many values.
    """
    allowed = most * PIXELS + _SPARE
    if len(body) > 2 * allowed and _commas(body, allowed) > allowed:  # a value and its comma take two bytes
        raise ApiError(413, f"expected at most {allowed} values in the JSON, got more")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise not_an_object(binary=binary) from None
    if not isinstance(document, dict):
        raise not_an_object(binary=binary)
    return document


def not_an_object(*, binary: bool = False) -> ApiError:
    """Return what is said of a body that is no JSON object; ``binary``, of one that might be of binary tensors."""
    return ApiError(
        400,
        "expected a JSON object (RFC 8259, in UTF-8), got another value or a damaged one"
        + ("; binary tensors need the header Inference-Header-Content-Length" if binary else ""),
    )


@contextmanager
def picture(number: int, pictures: int) -> Iterator[None]:
    """Let what is wrong with one picture make the request fail, with a sentence that says which it is.

    Args:
        number: of the picture, counted from 1.
        pictures: how many there are.

    Raises:
        ApiError: 400, the picture cannot be read; 413, it is too large.
    """
    try:
        yield
    except ImageError as error:
        status = 413 if isinstance(error, ImageTooLarge) else 400
        raise ApiError(status, f"picture {number} of {pictures}: {error}") from error
    except ApiError as error:
        if error.status >= 500:  # nothing is wrong with the picture
            raise
        raise ApiError(400, f"picture {number} of {pictures}: {error.message}") from None


def _commas(body: bytes, enough: int) -> int:
    """Return how many commas there are, or a number above ``enough``.

    Comparing many bytes at once takes a tenth of the time of bytes.count where every other one is a comma.
    """
    values, found = np.frombuffer(body, np.uint8), 0
    for begin in range(0, len(values), _PIECE):
        found += int(np.count_nonzero(values[begin : begin + _PIECE] == ord(",")))
        if found > enough:
            break
    return found
