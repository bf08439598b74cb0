"""The servers that are measured: ours, one that does nothing, and peers with the same network where they are installed.

A peer lives in an environment of its own, ``PEERS/<name>``, because each wants other versions of the same libraries:

    python3 -m venv PEERS/litserve && PEERS/litserve/bin/pip install litserve numpy pillow safetensors python-multipart

``INSTALL`` says what each needs.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks import serving_requests as requests
from benchmarks.serving_requests import Maker

HERE = Path(__file__).parent
FOLDER = HERE / "peers"
WEIGHTS = HERE.parent / "model" / "data" / "shipped" / "weights.safetensors"
STARTING_SECONDS = 180.0

INSTALL = {
    "textbook": "fastapi uvicorn[standard] python-multipart numpy pillow safetensors",
    "litserve": "litserve python-multipart numpy pillow safetensors",
    "mlserver": "mlserver numpy pillow safetensors",
    "bentoml": "bentoml numpy pillow safetensors",
    "triton": "nvidia-pytriton numpy pillow safetensors",
}
"""What ``pip install`` is told in each peer's environment."""


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started and asked.

    Attributes:
        name: as tables show it.
        command: starts it, given a port and a folder of its own.
        ready: the path that answers 200 when it can read.
        one: makes requests with one picture, and ``digit`` finds the digit in the answer.
        many: makes requests with 32 pictures, if it takes any.
    """

    name: str
    command: Callable[[int, Path], Sequence[str]]
    ready: str
    one: Maker
    digit: Callable[[bytes], int]
    many: Maker | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """A server that runs on given cores until the block ends."""

    def __init__(self, server: Server, folder: Path, cores: Sequence[int]) -> None:
        self.server, self.port = server, free_port()
        self.folder = folder / f"{server.name}-{self.port}"
        self.folder.mkdir(parents=True)
        self._cores = cores

    def __enter__(self) -> Self:
        environment = {
            "NUMERAL_WEIGHTS": str(WEIGHTS),
            "OPENBLAS_NUM_THREADS": "1",
            **self.server.environment,
        }
        self._log = (self.folder / "log").open("wb")
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, self._cores)), *self.server.command(self.port, self.folder)],
            env={**os.environ, **environment},
            cwd=FOLDER,
            stdout=self._log,
            stderr=self._log,
            process_group=0,
        )
        self.ready_after = self._wait()
        return self

    def _wait(self) -> float:
        """Return the seconds until it was ready."""
        while time.perf_counter() - self._began < STARTING_SECONDS:
            if self.process.poll() is not None:
                break
            if _status(self.port, self.server.ready) == 200:
                return time.perf_counter() - self._began
            time.sleep(0.01)
        self.__exit__()
        tail = (self.folder / "log").read_bytes()[-500:].decode(errors="replace")
        raise RuntimeError(f"{self.server.name} did not start: {tail}")

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with suppress(
            ProcessLookupError
        ):  # a peer may leave processes of its own behind, which would disturb the next
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(*options: str) -> Server:
    """Numeral itself."""
    numeral = str(Path(sys.executable).with_name("numeral"))
    path = "/v2/models/digits/infer"
    return Server(
        "numeral",
        lambda port, folder: [
            numeral,
            "serve",
            "--port",
            str(port),
            "--home",
            str(folder / "home"),
            *options,
        ],
        "/health/ready",
        requests.raw,
        requests.digit_of,
        lambda: requests.v2_json(path, requests.BATCH),
    )


def bare() -> Server:
    """An ASGI function under the same uvicorn that returns 400 bytes."""
    flags = [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--no-server-header",
        "--log-level",
        "warning",
    ]
    return Server(
        "bare uvicorn",
        lambda port, _: [
            sys.executable,
            "-m",
            "uvicorn",
            "--app-dir",
            str(FOLDER),
            "bare:app",
            "--port",
            str(port),
            *flags,
        ],
        "/",
        requests.raw,
        requests.digit_of,
    )


def peers(folder: Path | None) -> list[Server]:
    """The peers whose environments are in a folder; says which are missing."""
    found = []
    for name, make in _PEERS.items():
        python = (folder or Path("nowhere")) / name / "bin" / "python"
        if python.exists():
            found.append(make(python.absolute()))
        else:
            print(
                f"left out: {name} (pip install {INSTALL[name]}, in {folder or 'the folder --peers names'}/{name})"
            )
    return found


def _textbook(python: Path) -> Server:
    return Server(
        "textbook FastAPI",
        lambda port, _: [
            str(python),
            "-m",
            "uvicorn",
            "textbook:app",
            "--port",
            str(port),
            "--no-access-log",
        ],
        "/docs",
        requests.form,
        requests.digit_of,
    )


def _litserve(python: Path) -> Server:
    return Server(
        "LitServe",
        lambda port, _: [str(python), "litserve_server.py", str(port)],
        "/health",
        requests.form,
        requests.digit_of,
    )


def _bentoml(python: Path) -> Server:
    bentoml = str(python.with_name("bentoml"))
    return Server(
        "BentoML",
        lambda port, _: [
            bentoml,
            "serve",
            "bentoml_service:Digits",
            "--port",
            str(port),
            "--host",
            "127.0.0.1",
        ],
        "/readyz",
        lambda: requests.form(name="image"),
        requests.digit_of,
        environment={"BENTOML_DO_NOT_TRACK": "True"},
    )


def _mlserver(python: Path) -> Server:
    def command(port: int, folder: Path) -> list[str]:
        model = {
            "name": "digits",
            "implementation": "mlserver_runtime.Digits",
            "max_batch_size": requests.BATCH,
            "max_batch_time": 0.001,
        }
        others = {"grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}
        settings = {"host": "127.0.0.1", "http_port": port, "debug": False, **others}
        (folder / "settings.json").write_text(json.dumps(settings))
        (folder / "model-settings.json").write_text(json.dumps(model))
        return [str(python.with_name("mlserver")), "start", str(folder)]

    path = "/v2/models/digits/infer"
    return Server(
        "MLServer",
        command,
        "/v2/models/digits/ready",
        lambda: requests.v2_json(path, 1),
        requests.digit_of_v2,
        lambda: requests.v2_json(path, requests.BATCH),
        {"PYTHONPATH": str(FOLDER)},
    )


def _triton(python: Path) -> Server:
    # Its stub runs under the interpreter's own library, which need not be where the loader looks first.
    library = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_config_var('LIBDIR'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    path = "/v2/models/digits/infer"
    return Server(
        "Triton",
        lambda port, _: [str(python), "triton_server.py", str(port)],
        "/v2/models/digits/ready",
        lambda: requests.v2_binary(path, 1, "activations"),
        requests.digit_of_binary,
        lambda: requests.v2_binary(path, requests.BATCH, "activations"),
        {"LD_LIBRARY_PATH": library},
    )


_PEERS: dict[str, Callable[[Path], Server]] = {
    "textbook": _textbook,
    "litserve": _litserve,
    "bentoml": _bentoml,
    "mlserver": _mlserver,
    "triton": _triton,
}
