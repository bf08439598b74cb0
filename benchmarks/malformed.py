"""What a malformed inference request costs the service: time to its refusal, and memory.

.venv/bin/python -m benchmarks.malformed [a part of a name]

Each body is sent to a server of its own over one connection, several times. The time runs from the first byte sent to the
first byte of the refusal, so it holds the way of the bytes through the kernel; "sent" is that way alone, as a well-known
unknown path takes it. "memory" is how far the peak of the resident memory lies above what it was before.
"""

import gzip
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

PATH = "/v2/models/digits/infer"
ROUNDS = 7
LARGE = 32 << 20
"""Bytes: as many as the service takes in one body."""

LENGTH = "Inference-Header-Content-Length"
Request = tuple[bytes, dict[str, str]]


def bomb(window: int, size: int = 1 << 30) -> bytes:
    """Zeros that nearly vanish when compressed."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, window)
    block = bytes(1 << 20)
    parts = [compressor.compress(block) for _ in range(size >> 20)]
    return b"".join((*parts, compressor.flush()))


def header(**changes: object) -> bytes:
    tensor = {"name": "pixels", "datatype": "FP32", "shape": [1, 784], **changes}
    return json.dumps({"inputs": [tensor]}).encode()


def behind(head: bytes, size: int) -> Request:
    return head + bytes(size - len(head)), {LENGTH: str(len(head))}


def requests() -> dict[str, Request]:
    """Every kind of large or costly nonsense, by name."""
    image = {"name": "image", "datatype": "BYTES"}
    numbers = b'{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [256, 784], "data": ['
    most = 256 * 784
    many = numbers + b",".join([b"{}"] * most) + b"]}]}"
    long_numbers = numbers + b",".join([b"0." + b"1" * 150] * most)[: LARGE - 500] + b"]}]}"
    return {
        "a shape with 2^40 columns": (header(shape=[1, 1 << 40], data=[]), {}),
        "a header length below zero": (behind(header(), LARGE)[0], {LENGTH: "-1"}),
        "a header length beyond the body": (header(), {LENGTH: "99999999"}),
        "gzip, 1 GiB of zeros": (bomb(31), {"Content-Encoding": "gzip"}),
        "zlib, 1 GiB of zeros": (bomb(15), {"Content-Encoding": "deflate"}),
        "deflate, 1 GiB of zeros": (bomb(-15), {"Content-Encoding": "deflate"}),
        "gzip, 32 MiB of noise declared a coding": (bytes(LARGE), {"Content-Encoding": "gzip"}),
        "an unknown coding, 32 MiB": (bytes(LARGE), {"Content-Encoding": "zstd"}),
        "gzip in gzip": (gzip.compress(bomb(31)), {"Content-Encoding": "gzip"}),
        "32 MiB of commas": (b"," * LARGE, {}),
        "32 MiB of brackets": (b"[" * LARGE, {}),
        "32 MiB of spaces": (b" " * LARGE, {}),
        "32 MiB in one text": (b'"' + b"x" * (LARGE - 2) + b'"', {}),
        "32 MiB in one name": (b'{"' + b"x" * (LARGE - 6) + b'":1}', {}),
        "32 MiB of no UTF-8": (b"\xff" * LARGE, {}),
        "a batch of objects": (many, {}),
        "a batch of long numbers": (long_numbers, {}),
        "32 MiB behind a small picture": behind(header(parameters={"binary_data_size": 3136}), LARGE),
        "32 MiB that no tensor names": behind(header(data=[0]), LARGE),
        "32 MiB of wrong lengths": behind(
            json.dumps({"inputs": [image | {"shape": [1], "parameters": {"binary_data_size": 0}}]}).encode(),
            LARGE,
        ),
        "32 MiB of no base64": (
            json.dumps({"inputs": [image | {"shape": [1], "data": ["!" * (LARGE - 200)]}]}).encode(),
            {},
        ),
        "a byte more than a body may have": (bytes(LARGE + 1), {}),
    }


class Server:
    """A server of its own."""

    def __init__(self, home: str) -> None:
        self._log = Path(home, "log")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-c", "from service.cli.main import app; app()"),
                    *("serve", "--no-worker", "--port", "0", "--home", home),
                ],
                stderr=log,
            )
        self.port = self._port()

    def _port(self) -> int:
        while self.process.poll() is None:
            found = re.search(rb"listening on http://127\.0\.0\.1:(\d+)", self._log.read_bytes())
            if found is not None and _answers(int(found[1])):
                return int(found[1])
            time.sleep(0.05)
        raise SystemExit(self._log.read_text())

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far, its own and the kernel's for it."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self, *, forget: bool = False) -> int:
        """Resident kilobytes at most since they were last forgotten."""
        if forget:
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        return int(found[1]) if found else 0


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@contextmanager
def server() -> Iterator[Server]:
    with TemporaryDirectory() as home:
        running = Server(home)
        try:
            yield running
        finally:
            running.process.terminate()
            running.process.wait()


def refused(port: int, path: str, request: Request) -> tuple[float, int]:
    """Send a request; return the seconds to its refusal and the status."""
    body, headers = request
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        sender = threading.Thread(target=_send, args=(connection, head, body))
        began = time.perf_counter()
        sender.start()
        first = connection.recv(65536)
        seconds = time.perf_counter() - began
        with suppress(ConnectionResetError):  # the server does not read the rest for long
            while connection.recv(65536):
                pass
        sender.join()
    return seconds, int(first.split(b" ", 2)[1])


def _send(connection: socket.socket, head: bytes, body: bytes) -> None:
    with suppress(OSError):  # refused before all was sent
        connection.sendall(head + body)


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    with server() as running:
        refused(running.port, PATH, (b"{}", {}))
        print(f"{'':42s} status    sent kB   p50 ms   max ms   cpu ms   memory MB")
        for name, request in requests().items():
            if wanted not in name:
                continue
            before = running.peak(forget=True)
            worked = running.cpu
            times, statuses = zip(*(refused(running.port, PATH, request) for _ in range(ROUNDS)), strict=True)
            cpu = 1e3 * (running.cpu - worked) / ROUNDS
            grown = (running.peak() - before) / 1024
            p50, worst = 1e3 * statistics.median(times), 1e3 * max(times)
            size = len(request[0]) / 1000
            print(
                f"{name:42s} {statuses[0]:6d} {size:10.0f} {p50:8.1f} {worst:8.1f} {cpu:8.1f} {grown:10.1f}"
            )


if __name__ == "__main__":
    main()
