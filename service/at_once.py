"""Short cuts for requests and answers that lie whole in memory, as those on the straight way mostly do.

They rest on the inside of uvicorn's connections, which is why only versions of it are allowed that they were tested with.
"""

from collections.abc import Sequence

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_WHOLE = "numeral.whole"

LONGEST = 32_768
"""Bytes of a body written at once; a connection that has nothing else to send takes them without making anybody wait."""

Headers = Sequence[tuple[bytes, bytes]]


def note_whole(scope: Scope) -> None:
    """Say that a request has come to its end."""
    scope[_WHOLE] = True


def is_whole(scope: Scope) -> bool:
    """Whether a request is known to have come to its end, so that nobody need wait for its body."""
    return _WHOLE in scope


async def answer_at_once(send: object, status: int, headers: Headers, body: bytes) -> bool:
    """Write head and body in one piece, and return True; or do nothing, and return False.

    uvicorn writes them apart, each by a call of the system, and looks through every header for what none of ours has.

    Args:
        send: of ASGI.
        status: of the answer, not one without a body.
        headers: well-formed, with the content-length of the body, and without one about the connection.
        body: the whole of it.
    """
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or len(body) > LONGEST or not _takes(cycle):
        return False
    lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
    cycle.response_started, cycle.waiting_for_100_continue = True, False
    cycle.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
    await cycle.send({"type": "http.response.body", "body": b"", "more_body": False})
    return True


def _takes(cycle: RequestResponseCycle) -> bool:
    """Whether a connection waits for an answer with a body, will be kept, and has sent all it had to send before."""
    fresh = not cycle.response_started and not cycle.disconnected and cycle.keep_alive
    return fresh and cycle.scope["method"] != "HEAD" and cycle.transport.get_write_buffer_size() == 0
