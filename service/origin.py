"""Requests that another web site makes a browser send are refused where they would change something, unless it is an allowed one.

A browser sends forms and plain texts to any address, also to a service on its user's own machine, and says where they come
from. Programs say nothing of it. Source: Fetch Metadata Request Headers (W3C), Sec-Fetch-Site; RFC 6454, Origin; Fetch (WHATWG), CORS protocol.
"""

import re
from collections.abc import Sequence

from service.errors import ApiError
from service.exchange import Exchange

_OWN = frozenset((b"same-origin", b"none"))
"""What a browser says of our own page, and of what its user asked for."""

METHODS = ("GET", "POST", "PUT", "DELETE")
ASKED = (
    "Authorization",
    "Idempotency-Key",
    "If-None-Match",
    "Inference-Header-Content-Length",
    "Last-Event-ID",
    "X-API-Key",
)
TOLD = ("ETag", "Inference-Header-Content-Length", "Location", "Retry-After", "Server-Timing", "X-Request-ID")
"""What a page of an allowed origin may use: methods, headers of requests besides the usual ones, and headers of answers."""

_TOLD = (b"access-control-expose-headers", ", ".join(TOLD).encode())
_VARY = (b"vary", b"Origin")

_ADDRESS = re.compile(rb"(localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?", re.IGNORECASE)
"""A host that no other web site can have."""


def is_loopback(host: str) -> bool:
    """Whether a service that listens there is open to its own machine alone."""
    return host in ("localhost", "::1") or host.startswith("127.")


def require_own(exchange: Exchange, *, named: bool, allowed: frozenset[bytes] = frozenset()) -> None:
    """Require that no other web site makes a browser send this.

    Args:
        exchange: the request.
        allowed: origins of other web sites that may.
        named: whether the service may have a name. Without one, another site that lets its own name lead to this
            machine (DNS rebinding) is found out.

    Raises:
        ApiError: 403, one does.
    """
    origin = exchange.header(b"origin")
    if origin in allowed:
        return
    if not named and not _ADDRESS.fullmatch(exchange.header(b"host") or b""):
        raise ApiError(
            403,
            "expected a browser to ask for localhost or an IP address, not a name that another web site may have",
        )
    site = exchange.header(b"sec-fetch-site")
    if site is None:
        if origin is None or origin.partition(b"://")[2] == exchange.header(b"host"):
            return
    elif site in _OWN:
        return
    raise ApiError(403, "expected a program or this service's own page to ask, got another web site")


def permission(exchange: Exchange, allowed: frozenset[bytes]) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers that let a page of an allowed origin read the answer, and keep caches from giving it to another."""
    origin = exchange.header(b"origin")
    if origin is None or origin not in allowed:
        return (_VARY,)
    return (b"access-control-allow-origin", origin), _TOLD, _VARY
