"""What a training costs those who predict meanwhile, how soon it obeys, and how long a correction takes to be learned.

.venv/bin/python -m benchmarks.training_beside_serving [serving|stopping|circle ...]

A service of its own, with its worker, is started for each part.

serving   p50 and p99 of one client that sends a picture every few milliseconds, in turns with the worker frozen and at full
          tilt: the ratio is what the training costs. Before them, the same while the first job is submitted.
stopping  seconds from a cancellation, and from SIGTERM, until the worker uses no more processor time, and until all has ended.
circle    a digit that is misread is corrected, a training from `production` learns it, the gate promotes it, and it is
          read rightly.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from model.sources import load_test

ROUNDS, PREDICTIONS, PAUSE = 8, 150, 0.003
ENDLESS = {"epochs": 10_000, "promote": "never", "examples": False}
CORRECTION = {"start_from": "production", "epochs": 1, "learning_rate": 0.0002, "promote": "if_better"}


class Service:
    """A service with its worker, and a client of it."""

    def __init__(self, home: str) -> None:
        self._log = Path(home, "log")
        command = (sys.executable, "-c", "from service.cli.main import app; app()")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([*command, "serve", "--port", "0", "--home", home], stderr=log)
        while (found := re.search(rb"listening on (http://[\w.:]+)", self._log.read_bytes())) is None:
            time.sleep(0.05)
        self.client = httpx.Client(base_url=found[1].decode(), timeout=60)
        self._until(self._ready)
        self._until(lambda: b"is ready" in self._log.read_bytes())

    def _ready(self) -> bool:
        try:
            return self.client.get("/health/ready").is_success
        except httpx.TransportError:
            return False

    @staticmethod
    def _until(condition: Callable[[], bool]) -> None:
        while not condition():
            time.sleep(0.02)

    @property
    def worker(self) -> int:
        """The process id of the training worker."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return next(int(pid) for path in children for pid in path.read_text().split())

    def submit(self, config: dict[str, object]) -> str:
        """Ask for a training and return the job's id."""
        answer = self.client.post("/train", json=config)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        document: dict[str, Any] = self.client.get(f"/train/{job_id}").json()
        return document

    def wait_for_progress(self, job_id: str) -> None:
        """Wait until a job trains."""
        self._until(lambda: (self.job(job_id)["progress"] or {}).get("fraction", 0) > 0)

    def latencies(self, count: int) -> list[float]:
        """Milliseconds that each of so many predictions took."""
        body = load_test().images[0].tolist()
        content = json.dumps({"pixels": body}).encode()
        headers, found = {"Content-Type": "application/json"}, []
        for _ in range(count):
            began = time.perf_counter()
            self.client.post("/predict", content=content, headers=headers).raise_for_status()
            found.append(1e3 * (time.perf_counter() - began))
            time.sleep(PAUSE)
        return found


@contextmanager
def service() -> Iterator[Service]:
    with TemporaryDirectory() as home:
        running = Service(home)
        try:
            yield running
        finally:
            running.client.close()
            running.process.terminate()
            running.process.wait()


def shown(name: str, milliseconds: list[float]) -> float:
    ordered = sorted(milliseconds)
    p50, p99 = statistics.median(ordered), ordered[int(0.99 * len(ordered))]
    print(
        f"  {name:30s} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   max {ordered[-1]:7.2f} ms   n {len(ordered)}"
    )
    return p50


def serving() -> None:
    print("serving")
    with service() as running:
        running.latencies(PREDICTIONS)
        shown("nothing else", running.latencies(PREDICTIONS))
        during, job = [], []
        other = httpx.Client(base_url=running.client.base_url, timeout=60)
        submitting = threading.Thread(
            target=lambda: job.append(other.post("/train", json=ENDLESS).json()["id"])
        )
        began = time.perf_counter()
        submitting.start()
        while submitting.is_alive():
            during += running.latencies(5)
        print(f"  the first job was accepted after {time.perf_counter() - began:.2f} s")
        shown("while it was submitted", during)
        other.close()
        running.wait_for_progress(job[0])
        worker = running.worker
        frozen, training = [], []
        for _ in range(ROUNDS):
            os.kill(worker, signal.SIGSTOP)
            frozen += running.latencies(PREDICTIONS)
            os.kill(worker, signal.SIGCONT)
            training += running.latencies(PREDICTIONS)
        before, after = shown("worker frozen", frozen), shown("worker at full tilt", training)
        print(f"  ratio of the medians: {after / before:.2f}")
        running.client.post(f"/train/{job[0]}/cancel")


def seconds_of(pid: int) -> float:
    """Processor time of a process so far; none when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def quiet_after(pid: int) -> float:
    """Seconds until a process begins to use less than a fifth of a core."""
    began = time.perf_counter()
    while True:
        at, used = time.perf_counter(), seconds_of(pid)
        time.sleep(0.25)
        if seconds_of(pid) - used < 0.05:
            return at - began


def stopping() -> None:
    print("stopping")
    with service() as running:
        job = running.submit(ENDLESS)
        running.wait_for_progress(job)
        running.client.post(f"/train/{job}/cancel")
        print(f"  cancelled: the training stopped after {quiet_after(running.worker):.2f} s")
        running.client.post(f"/train/{job}/resume")
        while running.job(job)["state"] != "running":
            time.sleep(0.02)
        time.sleep(1)
        began, worker = time.perf_counter(), running.worker
        running.process.terminate()
        while Path(f"/proc/{worker}").exists():
            time.sleep(0.01)
        print(f"  SIGTERM: the worker had saved and ended after {time.perf_counter() - began:.2f} s")
        running.process.wait()
        print(f"  SIGTERM: all had ended after {time.perf_counter() - began:.2f} s, two of them draining")


def circle() -> None:
    print("circle")
    test = load_test()
    with service() as running:
        read = []
        for begin in range(0, len(test.images), 256):
            tensor: dict[str, Any] = {"name": "pixels", "datatype": "UINT8"}
            rows = test.images[begin : begin + 256]
            tensor |= {"shape": [len(rows), 784], "parameters": {"binary_data_size": rows.size}}
            header = json.dumps({"inputs": [tensor], "outputs": [{"name": "digit"}]}).encode()
            answer = running.client.post(
                "/v2/models/digits/infer",
                content=header + rows.tobytes(),
                headers={"Inference-Header-Content-Length": str(len(header))},
            )
            read += answer.json()["outputs"][0]["data"]
        misread = [at for at, digit in enumerate(read) if digit != test.labels[at]][:5]
        began, cpu = time.perf_counter(), seconds_of(running.worker)
        for at in misread:
            body = {"pixels": test.images[at].tolist(), "label": int(test.labels[at])}
            running.client.post("/examples", json=body).raise_for_status()
        job = running.submit(CORRECTION)
        while (state := running.job(job))["state"] in ("queued", "running"):
            time.sleep(0.1)
        print(f"  {state['state']} after {time.perf_counter() - began:.1f} s,", end=" ")
        print(f"{seconds_of(running.worker) - cpu:.1f} s of the worker's processor time: {state['result']}")
        version, right = "", 0
        while version in ("", "1") and time.perf_counter() - began < 300:
            answers = [
                running.client.post("/predict", json={"pixels": test.images[at].tolist()}).json()
                for at in misread
            ]
            version = answers[0]["model"]["version"]
            right = sum(
                answer["digit"] == test.labels[at] for at, answer in zip(misread, answers, strict=True)
            )
        print(
            f"  version {version} serves after {time.perf_counter() - began:.1f} s and reads {right} of {len(misread)}"
        )


def main() -> None:
    parts = {"serving": serving, "stopping": stopping, "circle": circle}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
