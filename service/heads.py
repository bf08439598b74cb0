"""Heads of requests: bounded, and refused with a document where they cannot be read.

The server takes a head of any size, and answers what is no HTTP in plain text.
"""

from http import HTTPStatus
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.at_once import note_whole
from service.errors import ApiError, error_body

LONGEST_HEAD = 65_536
"""Bytes of a request's first line and its headers; a browser's cookies and a long query fit many times."""


LINGER = 1.0
"""Seconds that what was refused is still read and thrown away, so that its sender gets to see the answer."""


class Protocol(HttpToolsProtocol):
    """One connection of a client.

    Attributes:
        head: bytes that have come of a head that is not whole yet; None while a body comes.
        refused: nothing that comes any more means anything.
    """

    head: int | None = 0
    refused = False
    _tail = b""
    """The last bytes of a head that is not whole yet: its end may lie across two pieces."""
    _ended = False
    """A request ended in the piece that is being taken; what of the piece is the next one's head is not counted."""

    def on_message_begin(self) -> None:
        """Begin to count."""
        self.head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no longer."""
        self.head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Let the body be taken without a look at the clock."""
        note_whole(cast("Scope", self.scope))
        self.head, self._tail, self._ended = 0, b"", True
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came; hang up where a head goes on and on."""
        if self.refused:
            return
        if self.head is not None and self._is_longer(self.head, data):
            self._refuse(ApiError(431, f"expected a head of at most {LONGEST_HEAD} bytes, got more"))
            return
        self._ended = False
        super().data_received(data)
        if self.head is not None:
            self._tail = data[-3:]
            self.head += 0 if self._ended else len(data)

    def _is_longer(self, head: int, data: bytes) -> bool:
        """Whether a head of which so many bytes have come is too long, now that this has come as well."""
        if head + len(data) <= LONGEST_HEAD:
            return False
        end = (self._tail + data).find(b"\r\n\r\n")
        return end < 0 or head - len(self._tail) + end > LONGEST_HEAD

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's sentence says less
        """Answer what is no request."""
        self._refuse(ApiError(400, "expected a request of HTTP/1.1 (RFC 9112), got something else"))

    def _refuse(self, error: ApiError) -> None:
        body, media = error_body("/", error)
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\ncontent-type: {media}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.refused = True
        self.transport.write(head.encode() + body)
        # A connection that is closed over unread bytes takes the answer with it.
        self.loop.call_later(LINGER, self.transport.close)
