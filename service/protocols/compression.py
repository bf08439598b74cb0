"""Compressed bodies (RFC 9110, section 8.4.1): gzip and deflate, inflated only as far as a body may be large."""

import gzip
import zlib

from service.errors import ApiError, BodyTooLarge

ALWAYS = 4 << 20
"""Bytes that any body may have when inflated: more than the largest batch of pixels written out as JSON takes."""

RATIO = 4
"""A larger body may have so many times its compressed bytes. Pictures hardly shrink, so only a bomb has more."""

WORTHWHILE = 1400
"""An answer with fewer bytes fits in one packet as it is."""

_GLANCE = 256
"""Bytes of a large body that are tried before it is received."""

_GZIP, _ZLIB, _RAW = 31, 15, -15


def inflate(body: bytes, encoding: bytes | None, limit: int) -> bytes:
    """Return a body without its content coding.

    Args:
        body: as it came.
        encoding: the header Content-Encoding.
        limit: bytes that the result may have.

    Raises:
        ApiError: 400, damaged; 413, too large when inflated; 415, another coding.
    """
    window = _window(body, encoding)
    return body if window is None else _inflated(body, window, limit)


def glance(begin: bytes, encoding: bytes | None) -> bool:
    """Refuse a large body by its first bytes, when they show that it is not of its coding; return whether it has one.

    Raises:
        ApiError: 400, damaged; 415, another coding.
    """
    window = _window(begin, encoding)
    if window is None:
        return False
    try:
        zlib.decompressobj(window).decompress(begin[:_GLANCE], ALWAYS)
    except zlib.error:
        raise _damaged() from None
    return True


def _window(body: bytes, encoding: bytes | None) -> int | None:
    """Return what zlib calls a coding, or None for none."""
    coding = (encoding or b"identity").strip().lower()
    if coding == b"identity":
        return None
    if coding in (b"gzip", b"x-gzip"):
        return _GZIP
    if coding == b"deflate":
        # Most send the zlib format, as the RFC says; some the bare deflate format, which never begins like the other.
        whole = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
        return _ZLIB if whole else _RAW
    raise ApiError(415, "expected gzip, deflate or no Content-Encoding, got another")


def _damaged() -> ApiError:
    return ApiError(400, "expected a body in its Content-Encoding, got a damaged one")


def _inflated(body: bytes, window: int, limit: int) -> bytes:
    most = min(limit, max(ALWAYS, RATIO * len(body)))
    inflater = zlib.decompressobj(window)
    try:
        data = inflater.decompress(body, most + 1)
    except zlib.error:
        raise _damaged() from None
    if len(data) > most:
        raise BodyTooLarge(most)
    if not inflater.eof or inflater.unused_data:
        raise ApiError(400, "expected a whole body in its Content-Encoding, got a part of it or more")
    return data


def deflate(body: bytes, accepted: bytes | None) -> tuple[bytes, bytes | None]:
    """Return a body and its coding: compressed if the client accepts that and it is worthwhile."""
    if accepted is None or len(body) < WORTHWHILE:
        return body, None
    codings = _accepted(accepted)
    if b"gzip" in codings:
        return gzip.compress(body, 1, mtime=0), b"gzip"
    if b"deflate" in codings:
        return zlib.compress(body, 1), b"deflate"
    return body, None


def _accepted(header: bytes) -> set[bytes]:
    """Return the codings that Accept-Encoding names without refusing them."""
    codings = set()
    for item in header.lower().split(b","):
        name, _, weight = item.partition(b";")
        if weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"):
            codings.add(name.strip())
    return codings
