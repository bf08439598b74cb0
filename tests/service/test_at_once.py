"""Answers in one piece: what a client gets is what uvicorn itself would send."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from typing import Any, Self

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.at_once import answer_at_once
from tests.service.pictures_of_digits import digits, png
from tests.service.server_process import ServerProcess, running_server

PICTURE = png(digits(1)[0])
POST = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: %d\r\n\r\n%b"
WHOLE = POST % (len(PICTURE), PICTURE)
LIVE = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the shipped network."""
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


class Client:
    """A connection whose bytes are looked at one answer at a time."""

    def __init__(self, server: ServerProcess) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._came = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def answer(self, *, body: bool = True) -> tuple[bytes, dict[bytes, bytes], bytes]:
        """Return the next answer's first line, its headers and its body."""
        while b"\r\n\r\n" not in self._came:
            self._more()
        head, _, self._came = self._came.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines)
        assert len(headers) == len(lines)
        length = int(headers[b"content-length"]) if body else 0
        while len(self._came) < length:
            self._more()
        found, self._came = self._came[:length], self._came[length:]
        return first, headers, found

    def ended(self) -> bool:
        """Whether the server has hung up, and nothing is left."""
        return not self._came and not self._socket.recv(1)

    def _more(self) -> None:
        came = self._socket.recv(65536)
        assert came, "the server hung up"
        self._came += came


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep some bytes."""
        if data:
            self.written.append(data)

    def close(self) -> None:
        """Be closed."""


def cycle_of(transport: Transport, method: str = "POST", *, keep_alive: bool = True) -> RequestResponseCycle:
    """One request of a connection, as uvicorn keeps it."""
    given: Any = transport
    log = logging.getLogger("uvicorn.error")
    scope: Any = {"type": "http", "method": method, "http_version": "1.1"}
    return RequestResponseCycle(
        scope=scope,
        transport=given,
        flow=FlowControl(given),
        logger=log,
        access_logger=log,
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


async def test_an_answer_is_one_piece_and_the_one_uvicorn_makes() -> None:
    """Bit for bit, in one call of the system."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5"), (b"x-other", b"a: b")]
    ours, theirs = Transport(), Transport()
    cycle = cycle_of(ours)
    assert await answer_at_once(cycle.send, 404, headers, b"hello")
    assert cycle.response_complete
    other = cycle_of(theirs)
    await other.send({"type": "http.response.start", "status": 404, "headers": headers})
    await other.send({"type": "http.response.body", "body": b"hello"})
    assert ours.written == [b"".join(theirs.written)]
    assert len(theirs.written) == 2


@pytest.mark.parametrize("spoiled", ["head", "closing", "started", "left", "full"])
async def test_what_is_out_of_the_ordinary_goes_the_long_way(spoiled: str) -> None:
    """HEAD, a connection that ends, an answer begun, a client that left, and one that does not read."""
    transport = Transport()
    cycle = cycle_of(transport, "HEAD" if spoiled == "head" else "POST", keep_alive=spoiled != "closing")
    cycle.response_started, cycle.disconnected = spoiled == "started", spoiled == "left"
    cycle.flow.write_paused = spoiled == "full"
    assert not await answer_at_once(cycle.send, 200, [(b"content-length", b"0")], b"")
    assert transport.written == []


def test_head_and_body_are_those_that_uvicorn_would_send(server: ServerProcess) -> None:
    """HTTP/1.0 is answered by uvicorn's own way; only what tells requests apart differs."""
    with Client(server) as client:
        client.send(WHOLE)
        first, headers, body = client.answer()
        client.send(WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"))
        old_first, old_headers, old_body = client.answer()
        assert client.ended()
        assert (first, body) == (old_first, old_body)
        assert old_headers.pop(b"connection") == b"close"
        assert list(headers) == list(old_headers)
        for name in (b"content-type", b"content-length", b"x-content-type-options"):
            assert headers[name] == old_headers[name]


def test_requests_in_a_row_are_answered_in_their_order(server: ServerProcess) -> None:
    """Several in one piece of bytes, and one whose body comes in two."""
    with Client(server) as client:
        client.send(WHOLE + LIVE + WHOLE)
        kinds = [b"digit" in client.answer()[2] for _ in range(3)]
        assert kinds == [True, False, True]
        client.send(WHOLE[:-40])
        client.send(WHOLE[-40:])
        assert client.answer()[0] == b"HTTP/1.1 200 OK"


def test_errors_keep_the_connection_too(server: ServerProcess) -> None:
    """A refusal is an answer like any other."""
    with Client(server) as client:
        client.send(WHOLE.replace(b"image/png", b"text/html"))
        first, headers, _ = client.answer()
        assert first == b"HTTP/1.1 415 Unsupported Media Type"
        assert headers[b"content-type"] == b"application/problem+json"
        client.send(WHOLE)
        assert client.answer()[0] == b"HTTP/1.1 200 OK"


def test_head_has_no_body(server: ServerProcess) -> None:
    """Its length is told, and the next answer follows at once."""
    with Client(server) as client:
        client.send(LIVE.replace(b"GET", b"HEAD") + LIVE)
        assert client.answer(body=False)[1][b"content-length"] == b"17"
        assert client.answer()[2] == b'{"status":"live"}'
