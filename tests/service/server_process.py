"""The service as a process, as people start it."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson

COMMAND = [
    sys.executable,
    "-c",
    "from service.cli.main import app; app()",
    "serve",
    "--port",
    "0",
    "--no-worker",
]


class ServerProcess:
    """A running ``numeral serve``; its log is in a file."""

    def __init__(
        self, home: Path, *options: str, worker: bool = False, environment: dict[str, str] | None = None
    ) -> None:
        self.log = home / "log"
        home.mkdir(parents=True, exist_ok=True)
        command = [word for word in COMMAND if not (worker and word == "--no-worker")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--home", str(home), *options],
                stderr=log,
                env={"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1", **(environment or {})},
            )
        self.port = self._port()

    def _port(self) -> int:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = re.search(rb"listening on http://127\.0\.0\.1:(\d+)", self.log.read_bytes())
            if found is not None:
                port = int(found[1])
                if self._ready(port):
                    return port
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    @staticmethod
    def _ready(port: int) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def lines(self) -> list[dict[str, object]]:
        """What it has logged."""
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]

    @property
    def kilobytes(self) -> int:
        """Its resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1])

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def running_server(
    home: Path, *options: str, worker: bool = False, environment: dict[str, str] | None = None
) -> Iterator[ServerProcess]:
    """A server for as long as the block lasts."""
    server = ServerProcess(home, *options, worker=worker, environment=environment)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def answer_on(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one whole answer: status, headers, body."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        assert received, f"the connection closed after {data!r}"
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in rest)
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(first.split()[1]), headers, body
