"""The bodies a picture comes in: raw, multipart, or JSON with base64, a data URL or pixels.

Nothing here decodes a picture. Sizes are checked while the bytes arrive, and the shape of JSON before it becomes objects.
"""

import asyncio
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import orjson

from model.arrays import Pixels
from model.form import PIXELS, SIDE
from service import multipart
from service.at_once import is_whole
from service.errors import ApiError, BodyTooLarge
from service.exchange import Exchange
from service.numbers import may_hold_booleans

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
JSON, MULTIPART, BYTES = "application/json", "multipart/form-data", "application/octet-stream"

_RAW = frozenset(name.encode() for name in (*IMAGE_TYPES, "image/jpg", BYTES))
"""A body of these is a picture; image/jpg is no registered type, and yet much used."""

_MOST_VALUES = 4096
"""Commas in a JSON body: 784 pixels and what stands beside them need fewer, and no value is made without one."""

_LONGEST_SCALAR = 64
"""Bytes of a field of a form that may be a number; of a longer one no more than its beginning is kept, as a string."""

_LONGEST_HEAD = 300
"""Characters before the data of a data URL, its comma included."""

_DATA_URL = re.compile(r"data:([\w.+/-]*)(?:;[\w.+=-]*)*?;base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """One picture as it was sent.

    Attributes:
        image: the bytes of a picture file, or None.
        pixels: (784,) 0 to 255, uint8 or float32, when there is no file.
        members: other members of a JSON body, or fields of a form.
    """

    image: bytes | None = None
    pixels: Pixels | None = None
    members: Mapping[str, Any] = field(default_factory=dict)


DOCUMENT_BYTES, DOCUMENT_SECONDS = 65_536, 10.0
"""Most bytes, and seconds to arrive, of a request document without a picture."""


def require_plain(exchange: Exchange) -> None:
    """Require a body as it is; only the routes of other protocols inflate one.

    Raises:
        ApiError: 415, it has a Content-Encoding.
    """
    if exchange.header(b"content-encoding") not in (None, b"identity"):
        raise ApiError(
            415, "expected a body without Content-Encoding, got one", headers={"Accept-Encoding": "identity"}
        )


async def receive(
    exchange: Exchange, limit: int, seconds: float, glance: Callable[[bytes], object] | None = None
) -> bytes:
    """Return the whole body.

    Args:
        exchange: the request.
        limit: bytes that it may have.
        seconds: it may take.
        glance: is called with the first bytes of a body that comes in several parts; what it raises ends the reception.

    Raises:
        BodyTooLarge: it has, or says it has, more than ``limit`` bytes; the rest was not read.
        ApiError: 408, it took longer than ``seconds``; 400, the client left.
        Overloaded: too many bytes are held already.
    """
    exchange.require_at_most(limit)
    if is_whole(exchange.scope):  # a limit of time costs more than taking the body
        body = await _body(exchange, limit, glance)
    else:
        try:
            async with asyncio.timeout(seconds):
                body = await _body(exchange, limit, glance)
        except TimeoutError:
            late = f"expected the whole body within {seconds:g} seconds, got a part of it or nothing"
            raise ApiError(408, late, headers={"Connection": "close"}) from None
    exchange.expects_more = False
    if len(body) > limit:
        raise BodyTooLarge(limit)
    return body


async def receive_document(exchange: Exchange) -> bytes:
    """Return the whole body of a request that carries no picture; raises what ``receive`` raises."""
    return await receive(exchange, DOCUMENT_BYTES, DOCUMENT_SECONDS)


async def _body(exchange: Exchange, limit: int, glance: Callable[[bytes], object] | None) -> bytes:
    message = await exchange.receive()
    body: bytes = message.get("body", b"")
    if message["type"] != "http.request" or message.get("more_body", False):
        if glance is not None and body:
            glance(body)
        return await _rest(exchange, message, limit)
    exchange.took(len(body))
    return body


async def _rest(exchange: Exchange, message: Any, limit: int) -> bytes:
    chunks: list[bytes] = []
    while True:
        if message["type"] != "http.request":
            raise ApiError(400, "expected a whole body, got a part of it before the connection closed")
        chunks.append(message.get("body", b""))
        exchange.took(len(chunks[-1]))
        if exchange.received > limit:
            raise BodyTooLarge(limit)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await exchange.receive()


def parse(body: bytes, content_type: bytes | None, *, members: Collection[str] = ()) -> Submission:
    """Return the one picture in a body.

    Args:
        body: the whole body.
        content_type: the header; without one the bytes speak for themselves.
        members: names that a JSON body, or a form, may have beside the picture.

    Raises:
        ApiError: 400 malformed, 415 a media type not in the list, 422 well-formed but not one picture.
    """
    kind = _kind(content_type)
    if kind in _RAW:
        return Submission(image=_not_empty(body))
    if kind == b"multipart/form-data":
        return _from_form(multipart.parts(body, content_type or b"", most=64), members)
    return _from_json(parse_json(body), body, members)


def parse_batch(body: bytes, content_type: bytes | None, most: int) -> list[bytes | ApiError]:
    """Return the picture files in a body, in order; one that could not be unwrapped is its error.

    Raises:
        ApiError: 400 malformed, 413 too many, 415 a media type not in the list, 422 no list of pictures.
    """
    kind = _kind(content_type)
    if kind == b"multipart/form-data":
        parts = multipart.parts(body, content_type or b"", most=most)
        images: list[bytes | ApiError] = [part.data for part in parts if part.is_file]
    elif kind == b"application/json":
        document = parse_json(body, _MOST_VALUES + 2 * most)  # a data URL has a comma of its own
        if document.keys() != {"images"} or not isinstance(document["images"], list):
            raise ApiError(422, "expected an object with one member, images, a list; got another")
        if len(document["images"]) > most:
            raise ApiError(413, f"expected at most {most} pictures, got {len(document['images'])}")
        images = [_unwrapped(image) for image in document["images"]]
    else:
        raise ApiError(415, f"expected {MULTIPART} or {JSON}, got another media type")
    if not images:
        raise ApiError(422, "expected at least one picture, got none")
    return images


def parse_json(body: bytes, most: int = _MOST_VALUES) -> dict[str, Any]:
    """Return the object in a JSON body; deep, wide and otherwise odd documents are refused before they cost anything.

    Args:
        body: the whole body.
        most: commas that it may have.

    Raises:
        ApiError: 400 or 422.
    """
    if body.count(b",") > most:
        raise ApiError(422, f"expected at most {most} values in a JSON body, got more")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError(
            400, "expected a JSON document (RFC 8259, in UTF-8), got another or a damaged one"
        ) from None
    if not isinstance(document, dict):
        raise ApiError(422, "expected a JSON object, got another value")
    return document


def _kind(content_type: bytes | None) -> bytes:
    """Return the media type in lowercase letters, without parameters."""
    if content_type is None:
        return BYTES.encode()
    if content_type in _RAW:
        return content_type
    kind = content_type.split(b";", 1)[0].strip().lower()
    if kind not in _RAW and kind not in (b"application/json", b"multipart/form-data"):
        raise ApiError(
            415, f"expected {', '.join(IMAGE_TYPES)}, {BYTES}, {MULTIPART} or {JSON}, got another media type"
        )
    return kind


def _not_empty(data: bytes) -> bytes:
    if not data:
        raise ApiError(400, "expected a picture, got no bytes")
    return data


def _from_form(parts: Sequence[multipart.Part], members: Collection[str]) -> Submission:
    """Return the one file of a form; fields of other names than ``members`` may be there, and mean nothing."""
    files = [part.data for part in parts if part.is_file]
    if len(files) != 1:
        raise ApiError(422, f"expected one file in the form, got {len(files)}")
    known = {name.encode(): name for name in members}
    fields = [(known[part.name], _scalar(part.data)) for part in parts if part.name in known]
    for name in known.values():
        if sum(name == given for given, _ in fields) > 1:
            raise ApiError(422, f"expected {name} once in the form, got it twice", field=name)
    return Submission(image=_not_empty(files[0]), members=dict(fields))


def _scalar(text: bytes) -> object:
    """Return what a field would be in JSON: a number where it is written as one, or else a string."""
    if len(text) > _LONGEST_SCALAR:
        return text[:_LONGEST_SCALAR].decode(errors="replace")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text.decode(errors="replace")


def _from_json(document: dict[str, Any], body: bytes, members: Collection[str]) -> Submission:
    rest = {name: value for name, value in document.items() if name not in ("image", "pixels")}
    if not rest.keys() <= set(members):
        raise ApiError(
            422, f"expected only {', '.join(('image', 'pixels', *members))} in the body, got another member"
        )
    if ("image" in document) == ("pixels" in document):
        raise ApiError(422, "expected either image or pixels in the body, got both or neither")
    if "image" in document:
        return Submission(image=from_base64(document["image"]), members=rest)
    pixels = to_pixels(document["pixels"], checked=not may_hold_booleans(body))
    return Submission(pixels=pixels, members=rest)


def _unwrapped(value: object) -> bytes | ApiError:
    try:
        return from_base64(value)
    except ApiError as error:
        return error


def from_base64(value: object) -> bytes:
    """Return the bytes in a base64 string or data URL; lines may be broken, as in mail (RFC 2045).

    Raises:
        ApiError: 400 malformed, 415 a data URL of another media type, 422 not a string.
    """
    if not isinstance(value, str):
        raise ApiError(
            422, "expected image to be a string of base64 or a data URL, got another value", field="image"
        )
    if value[:5].lower() == "data:":
        match = _DATA_URL.match(value[: value.find(",", 0, _LONGEST_HEAD) + 1])
        if match is None:
            raise ApiError(400, "expected a data URL in base64, got another", field="image")
        if match[1] and match[1].lower().encode() not in _RAW:
            raise ApiError(
                415, f"expected a data URL of {', '.join(IMAGE_TYPES)}, got another", field="image"
            )
        value = value[match.end() :]
    if "\n" in value:
        value = value.replace("\r", "").replace("\n", "")
    try:
        return _not_empty(a2b_base64(value, strict_mode=True))
    except (Base64Error, ValueError):
        raise ApiError(
            400, "expected base64 (RFC 4648, with padding), got another string", field="image"
        ) from None


def to_pixels(value: object, *, checked: bool = False) -> Pixels:
    """Return (784,) numbers from 28 rows of 28 or 784 in one list; whole ones as uint8, others as float32.

    Args:
        value: what the JSON held.
        checked: there is no true or false among the values.

    Raises:
        ApiError: 422.
    """
    values = _flat(value)
    if checked:
        try:
            return np.frombuffer(bytes(values), np.uint8)
        except (TypeError, ValueError, OverflowError):
            pass  # not all are whole numbers from 0 to 255
    if not all(type(number) in (int, float) and 0 <= number <= 255 for number in values):
        raise ApiError(
            422, "expected every pixel to be a number from 0 to 255, got another value", field="pixels"
        )
    return np.array(values, np.float32)


def _flat(value: object) -> list[Any]:
    if isinstance(value, list):
        if len(value) == PIXELS:
            return value
        if len(value) == SIDE and all(isinstance(row, list) and len(row) == SIDE for row in value):
            return list(chain.from_iterable(value))
    raise ApiError(
        422, "expected pixels to be 28 rows of 28 numbers, or 784 numbers; got another shape", field="pixels"
    )
