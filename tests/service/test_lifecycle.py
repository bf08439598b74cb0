"""A real process: from its start over slow and hostile clients to SIGTERM and status 0."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import uvicorn

from service.lifecycle import Lifecycle, Server
from tests.service.homes import until
from tests.service.pictures_of_digits import digits, png
from tests.service.server_process import COMMAND, ServerProcess, answer_on, running_server

PICTURE = png(digits(1)[0])
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for the tests that leave it running."""
    environment = {"NUMERAL_BODY_SECONDS": "1", "NUMERAL_HEAD_SECONDS": "1"}
    with running_server(tmp_path_factory.mktemp("server"), environment=environment) as server:
        yield server


def predict(server: ServerProcess) -> httpx.Response:
    """Ask for a digit on a new connection."""
    return httpx.post(
        f"{server.url}/predict", content=PICTURE, headers={"Content-Type": "image/png"}, timeout=30
    )


def test_a_fresh_home_serves_the_shipped_network(server: ServerProcess) -> None:
    """Version 1 in production, an untrained one beside it."""
    assert predict(server).json()["digit"] == 7
    assert httpx.get(f"{server.url}/aliases").json() == {"aliases": {"production": "1", "untrained": "2"}}
    assert httpx.get(f"{server.url}/health/ready").json() == {"status": "ready", "version": "1"}


def test_requests_are_logged_without_what_clients_send(server: ServerProcess) -> None:
    """One line of JSON with route, status and time; no path, query, header or body."""
    word = "a-word-of-the-client"
    response = httpx.get(
        f"{server.url}/{word}?{word}={word}", headers={"User-Agent": word, "X-Request-Id": word, word: word}
    )
    assert word not in response.text
    assert word not in str(response.headers)
    wanted = response.headers["X-Request-Id"]
    while not any(line.get("request_id") == wanted for line in server.lines):
        predict(server)
    line = next(line for line in server.lines if line.get("request_id") == wanted)
    assert (line["route"], line["method"], line["status"]) == ("other", "GET", 404)
    assert word not in server.log.read_text()


def send_on_and_on(connection: socket.socket, chunk: bytes) -> None:
    """Send up to 20 GB; the service throws the rest of a refused body away for a second, and then hangs up."""
    flood = chunk * 100
    for _ in range(200):
        connection.sendall(flood)


def test_a_body_without_end_is_refused(server: ServerProcess) -> None:
    """Chunks for ever: 413 once the limit is passed, the answer arrives, and memory stays flat."""
    before = server.kilobytes
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    for _ in range(3):
        with server.connect() as connection:
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(17):
                connection.sendall(chunk)
            status, headers, _ = answer_on(connection)
            assert (status, headers["connection"]) == (413, "close")
            with pytest.raises(OSError, match=r"reset|pipe"):
                send_on_and_on(connection, chunk)
    assert server.kilobytes - before < 60_000
    assert predict(server).status_code == 200


def test_a_declared_size_over_the_limit_is_refused_before_it_is_sent(server: ServerProcess) -> None:
    """Also when the client waits to be told to go on."""
    for more in (b"", b"Expect: 100-continue\r\n"):
        with server.connect() as connection:
            connection.sendall(HEAD + more + b"Content-Length: 99999999999\r\n\r\n")
            status, headers, body = answer_on(connection)
        assert (status, headers["content-type"]) == (413, "application/problem+json")
        assert b"expected a body of at most" in body


def test_a_slow_client_is_told_and_holds_nobody_up(server: ServerProcess) -> None:
    """A byte and then nothing, or nothing at all: 408 after a while; meanwhile others are answered."""
    for begun in (b"x", b""):
        with server.connect() as slow:
            slow.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + begun)
            assert predict(server).status_code == 200
            status, _, body = answer_on(slow)
        assert status == 408
        assert b"expected the whole body within" in body


def test_many_slow_clients_hold_nobody_up(server: ServerProcess) -> None:
    """200 connections that send half a request."""
    connections = [server.connect() for _ in range(200)]
    for connection in connections:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nx")
    assert predict(server).status_code == 200
    for connection in connections:
        connection.close()
    assert predict(server).status_code == 200


def test_a_head_without_end_is_cut_off(server: ServerProcess) -> None:
    """A connection that sends nothing, or half a head, also after a whole request, is closed after a while."""
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE
    for before, sent in ((b"", b""), (b"", b"POST /predict HTT"), (whole, b"POST /pre")):
        with server.connect() as connection:
            if before:
                connection.sendall(before)
                assert answer_on(connection)[0] == 200
            connection.sendall(sent)
            assert connection.recv(100) == b""


def test_a_head_of_any_size_is_not_taken(server: ServerProcess) -> None:
    """One long header or very many: 431, and memory stays flat."""
    before = server.kilobytes
    for piece in (b"x" * 100_000, b"x: y\r\n" * 20_000):
        with server.connect() as connection, suppress(OSError):
            connection.sendall(b"GET /models HTTP/1.1\r\nHost: x\r\nA: ")
            for _ in range(300):
                connection.sendall(piece)
        with server.connect() as connection:
            connection.sendall(b"GET /models HTTP/1.1\r\nHost: x\r\nA: b\r\n" + b"x: y\r\n" * 12_000)
            status, headers, body = answer_on(connection)
        assert (status, headers["content-type"]) == (431, "application/problem+json")
        assert b"expected a head of at most" in body
    assert server.kilobytes - before < 30_000
    assert predict(server).status_code == 200


@pytest.mark.parametrize("first", [1_000, 60_000, 66_000])
def test_a_whole_head_is_measured_too(server: ServerProcess, first: int) -> None:
    """However its bytes come, also after another request; and the refusal is seen although more is still coming."""
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE
    for long, expected in ((60_000, 200), (66_000, 431), (400_000, 431), (8_000_000, 431)):
        head = b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: " + b"a" * long + b"\r\n\r\n"
        with server.connect() as connection:
            connection.sendall(whole)
            assert answer_on(connection)[0] == 200
            connection.sendall(head[:first])
            time.sleep(0.05)
            connection.sendall(head[first:])
            assert answer_on(connection)[0] == expected


def test_a_long_body_is_no_head(server: ServerProcess) -> None:
    """Neither to the next request on its connection, nor where the end of its own head lies across two pieces."""
    picture = PICTURE + bytes(300_000)  # bytes behind a picture mean nothing
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(picture)
    with server.connect() as connection:
        for cut in (len(head) - 2, len(head) - 1, len(head), len(head) + 70_000):
            connection.sendall((head + picture)[:cut])
            time.sleep(0.05)
            connection.sendall((head + picture)[cut:])
            assert answer_on(connection)[0] == 200


def test_what_is_no_http_is_answered_with_a_document(server: ServerProcess) -> None:
    """As any other mistake of a client."""
    with server.connect() as connection:
        connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        status, headers, body = answer_on(connection)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert b"expected a request of HTTP/1.1" in body


def test_a_client_that_leaves_is_no_error(server: ServerProcess) -> None:
    """Half a body, then gone: the log has no traceback."""
    for _ in range(3):
        with server.connect() as connection:
            connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nhalf")
    assert predict(server).status_code == 200
    assert "traceback" not in server.log.read_text().lower()


def test_a_body_in_small_pieces_is_read(server: ServerProcess) -> None:
    """Chunked, a few bytes at a time."""
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(PICTURE), 7):
            piece = PICTURE[start : start + 7]
            connection.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert answer_on(connection)[0] == 200


def test_sigterm_drains_and_leaves_with_0(tmp_path: Path) -> None:
    """Not ready at once, yet answering; what was accepted is finished; status 0."""
    with running_server(tmp_path, environment={"NUMERAL_DRAIN_SECONDS": "1"}) as server:
        with httpx.Client(base_url=server.url, timeout=30) as kept, server.connect() as slow:
            kept.get("/health/live")
            slow.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(PICTURE))
            server.terminate()
            while (ready := httpx.get(f"{server.url}/health/ready", timeout=30)).status_code == 200:
                pass
            assert (ready.status_code, ready.json()["reason"]) == (503, "draining")
            assert httpx.get(f"{server.url}/health/live").status_code == 200
            assert predict(server).json()["digit"] == 7
            last = kept.post("/predict", content=PICTURE, headers={"Content-Type": "image/png"})
            assert (last.status_code, last.headers["Connection"]) == (200, "close")
            while _accepts(server):
                pass
            slow.sendall(PICTURE)  # the listener is closed, this request was accepted before
            assert answer_on(slow)[0] == 200
        assert server.process.wait(30) == 0


def test_a_request_that_is_not_done_in_time_is_told_so(tmp_path: Path) -> None:
    """With a document, 503, on a route of ours and one behind FastAPI; nothing of it is an error of ours in the log."""
    environment = {"NUMERAL_DRAIN_SECONDS": "0", "NUMERAL_FINISH_SECONDS": "1"}
    with running_server(tmp_path, environment=environment) as server:
        with server.connect() as one, server.connect() as other:
            one.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")
            other.sendall(HEAD.replace(b"predict", b"examples?label=7") + b"Content-Length: 100\r\n\r\nhalf")
            until(lambda: httpx.get(f"{server.url}/health/live").status_code == 200)
            server.terminate()
            for connection in (one, other):
                status, headers, _ = answer_on(connection)
                assert (status, headers["content-type"], headers["retry-after"]) == (
                    503,
                    "application/problem+json",
                    "1",
                )
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log.read_text()


def test_whoever_works_beside_is_told_when_the_draining_begins() -> None:
    """Once, and not only when it is over: the worker saves its job meanwhile."""
    told: list[bool] = []
    lifecycle = Lifecycle()
    server = Server(
        uvicorn.Config("none"),
        lifecycle,
        drain_seconds=60,
        head_seconds=1,
        leaving=lambda: told.append(lifecycle.draining),
    )
    server.handle_exit(signal.SIGTERM, None)
    assert (told, server.should_exit) == ([True], False)
    server.handle_exit(signal.SIGTERM, None)
    assert (told, server.should_exit) == ([True], True)


def _accepts(server: ServerProcess) -> bool:
    try:
        with server.connect():
            return True
    except ConnectionError:
        return False


def test_two_signals_end_the_draining(tmp_path: Path) -> None:
    """Whoever cannot wait sends SIGTERM again, or Ctrl-C."""
    for signals in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT,)):
        with running_server(tmp_path, environment={"NUMERAL_DRAIN_SECONDS": "3600"}) as server:
            for number in signals[:-1]:
                server.process.send_signal(number)
                while httpx.get(f"{server.url}/health/ready", timeout=30).status_code == 200:
                    pass
            server.process.send_signal(signals[-1])
            assert server.process.wait(30) == 0


def test_a_taken_port_is_said_plainly(server: ServerProcess, tmp_path: Path) -> None:
    """One sentence, no traceback, status 1; also when several processes were to share it."""
    for workers in ("1", "2"):
        command = [*COMMAND, "--home", str(tmp_path), "--port", str(server.port), "--workers", workers]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert done.stderr == f"numeral: cannot listen on port {server.port}: Address already in use\n"


def test_several_processes_count_together_and_replace_each_other(tmp_path: Path) -> None:
    """Metrics add up over two processes, whichever answers, and never go backwards, also not when one is killed."""
    with running_server(tmp_path, "--workers", "2") as server:

        def ask(_: int) -> int:
            return predict(server).status_code

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(ask, range(60))) == {200}
        assert _predictions(server) == 60
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        assert len(children) == 2
        os.kill(int(children[0]), signal.SIGKILL)
        while not any("is replaced" in str(line["message"]) for line in server.lines):
            pass
        answered = 0
        while answered < 20:
            try:
                answered += predict(server).status_code == 200
            except httpx.TransportError:
                continue  # it was with the one that died
        assert 80 <= _predictions(server) <= 100
        server.terminate()
        assert server.process.wait(60) == 0


def test_the_worker_of_several_processes_stops_in_good_order(tmp_path: Path) -> None:
    """SIGTERM lets it give back its lease, and the status is 0."""
    with running_server(tmp_path, "--workers", "2", worker=True) as server:
        until(lambda: any("is ready" in str(line["message"]) for line in server.lines))
        assert len(list((tmp_path / "workers").iterdir())) == 1
        server.terminate()
        assert server.process.wait(60) == 0
        assert list((tmp_path / "workers").iterdir()) == []


def _predictions(server: ServerProcess) -> int:
    lines = httpx.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    wanted = 'numeral_requests_total{route="/predict",status="2xx"} '
    return int(float(next(line for line in lines if line.startswith(wanted)).removeprefix(wanted)))


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"NUMERAL_PORT": "99999"}, "numeral: port: expected at most 65535, got more"),
        ({"NUMERAL_MAX_BATCH": "x"}, "numeral: max_batch: expected a whole number, got another value"),
        ({"NUMERAL_ABSTAIN_SHARE": "0.7"}, "numeral: abstain_share: expected at most 0.5, got more"),
        ({"NUMERAL_ALLOWED_ORIGINS": "*"}, "numeral: allowed_origins: expected origins such as https://"),
        ({"NUMERAL_DATABASE_URL": "mysql://x"}, "numeral: database_url: expected postgresql://"),
        ({"NUMERAL_STORE_URL": "nowhere://x"}, "expected the URL of an object store"),
        ({"NUMERAL_STORE_URL": "nowhere://x", "NUMERAL_WORKERS": "2"}, "expected the URL of an object store"),
        ({"NUMERAL_API_KEYS_FILE": "/nowhere"}, "NUMERAL_API_KEYS_FILE: expected a file that can be read"),
        (
            {"NUMERAL_API_KEYS_FILE": "/nowhere", "NUMERAL_WORKERS": "2"},
            "NUMERAL_API_KEYS_FILE: expected a file",
        ),
    ],
)
def test_a_wrong_setting_is_said_plainly(tmp_path: Path, environment: dict[str, str], sentence: str) -> None:
    """By its name, without a traceback; the status is not 0."""
    port = [] if "NUMERAL_PORT" in environment else ["--port", "0"]
    command = [*COMMAND[: COMMAND.index("--port")], "--no-worker", "--home", str(tmp_path), *port]
    done = subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (1, 2)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
