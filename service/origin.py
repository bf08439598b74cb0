"""Requests that another web site makes a browser send are refused where they would change something.

A browser sends forms and plain texts to any address, also to a service on its user's own machine, and says where they come
from. Programs say nothing of it. Source: Fetch Metadata Request Headers (W3C), Sec-Fetch-Site; RFC 6454, Origin.
"""

from service.errors import ApiError
from service.exchange import Exchange

_OWN = frozenset((b"same-origin", b"none"))
"""What a browser says of our own page, and of what its user asked for."""


def require_own(exchange: Exchange) -> None:
    """Require that no other web site makes a browser send this.

    Raises:
        ApiError: 403, one does.
    """
    site = exchange.header(b"sec-fetch-site")
    if site is None:
        origin = exchange.header(b"origin")
        if origin is None or origin.partition(b"://")[2] == exchange.header(b"host"):
            return
    elif site in _OWN:
        return
    raise ApiError(403, "expected a program or this service's own page to ask, got another web site")
