"""How the bytes of a head are counted, in pieces cut where the test wants them."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from service.heads import LONGEST_HEAD, Protocol

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\nA: "


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep some bytes."""
        self.written += data

    def is_closing(self) -> bool:
        """Return whether it was closed: it never is."""
        return False

    def pause_reading(self) -> None:
        """Go on: the test sends as it likes."""

    def resume_reading(self) -> None:
        """Go on."""

    def close(self) -> None:
        """Be closed."""


async def app(_scope: Any, receive: Any, send: Any) -> None:
    """Take the body and answer."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def statuses(*pieces: bytes) -> list[bytes]:
    """What a connection is answered that sends these pieces."""
    config = uvicorn.Config(app, http=Protocol, log_config=None)
    config.load()
    protocol, transport = Protocol(config, ServerState(), {}), Transport()
    protocol.connection_made(transport)
    for piece in pieces:
        protocol.data_received(piece)
        for _ in range(10):
            await asyncio.sleep(0)
    protocol.connection_lost(None)
    return [
        answer.split(b" ")[1]
        for answer in transport.written.split(b"\r\n")
        if answer.startswith(b"HTTP/1.1 ")
    ]


@pytest.mark.parametrize("last", [1, 1000, LONGEST_HEAD, 200_000])
async def test_the_end_of_a_body_is_no_part_of_the_next_head(last: int) -> None:
    """However much of it comes at once, and whatever is in it."""
    body = b"\n" * 300_000
    request = HEAD % len(body) + body
    pieces = (request[:-last], request[-last:])
    assert await statuses(*pieces, *pieces, GET + b"\r\n\r\n") == [b"200"] * 3


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
async def test_the_end_of_a_head_may_lie_across_two_pieces(cut: int) -> None:
    """With a long body behind it, in which nothing looks like the end of a head."""
    head, body = HEAD % 200_000, b"a" * 200_000
    assert await statuses(head[:-cut], head[-cut:] + body) == [b"200"]


@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize(("spare", "status"), [(0, b"200"), (-1, b"431")])
async def test_the_longest_head_is_taken_and_no_longer_one(pieces: int, spare: int, status: bytes) -> None:
    """To the byte, also if it comes whole."""
    request = GET + b"a" * (LONGEST_HEAD - len(GET) - spare) + b"\r\n\r\n"
    size = -(-len(request) // pieces)
    cut = [request[start : start + size] for start in range(0, len(request), size)]
    assert (await statuses(*cut)) == [status]
