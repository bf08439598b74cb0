"""Answers in one piece: what a client gets is what uvicorn itself would send."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.at_once import LONGEST, answer_at_once
from tests.service.homes import until
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

    def __init__(self, server: ServerProcess, receive: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(30)
        if receive:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self._socket.connect(("127.0.0.1", server.port))
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
        self.waiting = 0

    def write(self, data: bytes) -> None:
        """Keep some bytes."""
        if data:
            self.written.append(data)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the client has not taken yet."""
        return self.waiting

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


@pytest.mark.parametrize("spoiled", ["head", "closing", "started", "left", "full", "long"])
async def test_what_is_out_of_the_ordinary_goes_the_long_way(spoiled: str) -> None:
    """HEAD, a connection that ends, an answer begun, a client that left, one that does not read, and a long answer."""
    transport = Transport()
    cycle = cycle_of(transport, "HEAD" if spoiled == "head" else "POST", keep_alive=spoiled != "closing")
    cycle.response_started, cycle.disconnected = spoiled == "started", spoiled == "left"
    transport.waiting = int(spoiled == "full")
    body = bytes(LONGEST + (spoiled == "long"))
    assert not await answer_at_once(cycle.send, 200, [(b"content-length", b"%d" % len(body))], body)
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


def test_a_late_body_ends_the_connection(tmp_path: Path) -> None:
    """What is left of it is not taken for the next request."""
    with (
        running_server(tmp_path, environment={"NUMERAL_BODY_SECONDS": "0.5"}) as slow,
        Client(slow) as client,
    ):
        client.send(WHOLE[:-40])
        first, headers, _ = client.answer()
        assert first == b"HTTP/1.1 408 Request Timeout"
        assert headers[b"connection"] == b"close"
        assert client.ended()


def test_a_body_where_none_belongs_is_bounded(server: ServerProcess) -> None:
    """A probe that announces a gigabyte is refused."""
    with Client(server) as client:
        client.send(LIVE.replace(b"host: x", b"host: x\r\ncontent-length: 1000000000"))
        first, headers, _ = client.answer()
        assert first.startswith(b"HTTP/1.1 413 ")
        assert headers[b"connection"] == b"close"


def test_who_does_not_read_holds_nothing(tmp_path: Path) -> None:
    """Answers of megabytes wait in the connection; their requests are done, counted, and give their bytes back."""
    pictures = [png(grey) for grey in digits(64)]
    parts = b"".join(
        b'--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\n%b\r\n' % p for p in pictures
    )
    body = parts + b"--b--\r\n"
    head = b"POST /predict/batch?include=layers HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n"
    with running_server(tmp_path) as served, Client(served, receive=4096) as deaf, Client(served) as client:
        deaf.send(head + b"content-length: %d\r\n\r\n%b" % (len(body), body))

        def metric(name: str) -> float:
            client.send(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
            lines = client.answer()[2].decode().splitlines()
            return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

        until(lambda: metric('numeral_requests_total{route="/predict/batch",status="2xx"}') == 1)
        assert metric("numeral_requests_in_flight") == 1, "only the one that asks"
