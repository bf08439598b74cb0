"""Answering, side by side with a server that does nothing and with peers: rates, times, memory, start.

.venv/bin/python -m benchmarks.serving [--peers FOLDER] [--only SECTION ...] [--seconds N] [--rounds N] [--results FOLDER]

A server has one core and the load generator the other. Contenders of a section run side by side and are loaded in turn,
round after round; every ratio is taken within a round, and tables show the median over the rounds. All peers must read
digits right before they are timed. Everything of ours is on: checks, normalising, provenance, metrics, log lines.
Measurements are added to `serving.json` in the folder of results and shown in `serving.md`, so that sections may be run
one after the other, when the machine is quiet.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import serving_requests as requests
from benchmarks.serving_load import Load, ask, family, load, mixed, require_wrk
from benchmarks.serving_report import markdown
from benchmarks.serving_servers import Running, Server, bare, ours, peers

Json = dict[str, Any]
Contender = tuple[str, Running, Path]

CONNECTIONS: Final = 32
CHECKED: Final = 16
"""Digits that a server is asked before it is timed; it may misread one."""

_LIMIT: Final = """
import sys, time
import numpy as np
from model import shipped
from model.artifact import assemble
from model.manifest import decode_manifest
from model.predictor import Predictor
from model.sources import load_test
manifest = decode_manifest((shipped.FOLDER / "manifest.json").read_bytes())
weights = (shipped.FOLDER / "weights.safetensors").read_bytes()
predictor = Predictor(assemble({**manifest, "version": "1"}, weights))
images = load_test().images[:512].astype(np.uint8)
groups = [images[i : i + 32] for i in range(0, 512, 32)]
print("ready", flush=True)
for line in sys.stdin:
    until, passes = time.perf_counter() + float(line), 0
    began = time.perf_counter()
    while time.perf_counter() < until:
        predictor.read(groups[passes % 16], [None] * 32)
        passes += 1
    print(32 * passes / (time.perf_counter() - began), flush=True)
"""


class Bench:
    """What all sections use."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.seconds, self.rounds, self.folder = options.seconds, options.rounds, folder
        self.peers: Path | None = options.peers
        cores = sorted(os.sched_getaffinity(0))
        self.load_core, self.server_core = cores[0], cores[-1]

    @contextmanager
    def started(
        self, servers: Sequence[Server], cores: Sequence[int] | None = None
    ) -> Iterator[list[Running]]:
        """Run servers until the block ends; one that does not start is left out."""
        with ExitStack() as stack:
            running = []
            for server in servers:
                try:
                    running.append(
                        stack.enter_context(Running(server, self.folder, cores or [self.server_core]))
                    )
                except RuntimeError as error:
                    print(f"left out: {error}")
            yield running

    def file(self, messages: Sequence[bytes]) -> Path:
        """Write requests for the load generator."""
        return requests.write(messages, self.folder / f"{time.monotonic_ns()}.requests")

    def rounds_of(
        self,
        contenders: Sequence[Contender],
        connections: int = CONNECTIONS,
        after_each: Callable[[], None] = lambda: None,
    ) -> dict[str, list[Load]]:
        """Load contenders in turn, round after round, after a short time of warming."""
        found: dict[str, list[Load]] = {name: [] for name, _, _ in contenders}
        for number in range(-1, self.rounds):
            # To and fro, so that a machine that slows down or speeds up favours nobody.
            for name, running, file in contenders[:: 1 if number % 2 else -1]:
                seconds = self.seconds if number >= 0 else 1
                measured = load(
                    running.port, file, connections, seconds, core=self.load_core, server=running.process.pid
                )
                if measured.failed:
                    raise SystemExit(f"benchmarks.serving: {measured.failed} requests to {name} failed")
                if number >= 0:
                    found[name].append(measured)
            if number >= 0:
                after_each()
        return found


def verified(running: Running, messages: Sequence[bytes]) -> None:
    """Refuse a server that misreads more than one of the first digits."""
    answers = ask(running.port, messages[:CHECKED])
    expected = requests.labels(CHECKED)
    right = sum(
        running.server.digit(answer) == label for answer, label in zip(answers, expected, strict=True)
    )
    if right < CHECKED - 1:
        raise SystemExit(f"benchmarks.serving: {running.server.name} read {right} of {CHECKED} digits")


def one_picture(bench: Bench) -> Json:
    """28x28, one a request: against the server that does nothing, and against peers."""
    with bench.started([bare(), ours("--no-worker"), *peers(bench.peers)]) as running:
        contenders = []
        for entry in running:
            messages = entry.server.one()
            if entry.server.name != "bare uvicorn":
                verified(entry, messages)
            contenders.append((entry.server.name, entry, bench.file(messages)))
        return table(bench.rounds_of(contenders), "bare uvicorn")


def forms(bench: Bench) -> Json:
    """The same picture in every body that ours takes."""
    with bench.started([bare(), ours("--no-worker")]) as (nothing, numeral):
        ways = {
            "raw": requests.raw(),
            "multipart": requests.form(),
            "784 pixels in JSON": requests.pixels(),
            "base64 in JSON": requests.base64(),
        }
        contenders = [("bare uvicorn", nothing, bench.file(ways["raw"]))]
        contenders += [(name, numeral, bench.file(messages)) for name, messages in ways.items()]
        found = table(bench.rounds_of(contenders), "bare uvicorn")
        # What the empty server needs grows with the body too, so pixels are compared with pixels.
        pixels = bench.file(ways["784 pixels in JSON"])
        pair: list[Contender] = [("bare uvicorn", nothing, pixels), ("784 pixels in JSON", numeral, pixels)]
        same_body = table(bench.rounds_of(pair), "bare uvicorn")["784 pixels in JSON"]["ratio"]
        return {**found, "784 pixels in JSON, the bare server sent the same": {"ratio": same_body}}


def batches(bench: Bench) -> Json:
    """Thirty-two pictures a request: binary against what the network alone can do, JSON against peers."""
    path, size = "/v2/models/digits/infer", requests.BATCH
    servers = [ours("--no-worker"), *(peer for peer in peers(bench.peers) if peer.many is not None)]
    with bench.started(servers) as running, limit(bench) as ask_limit:
        numeral = running[0]
        contenders = [("numeral, binary", numeral, bench.file(requests.v2_binary(path, size)))]
        contenders += [
            (
                f"{entry.server.name}, {'binary' if entry.server.name == 'Triton' else 'JSON'}",
                entry,
                bench.file(entry.server.many()),
            )
            for entry in running
            if entry.server.many is not None
        ]
        limits: list[float] = []
        found = bench.rounds_of(contenders, 8, lambda: limits.append(ask_limit(bench.seconds)))
    shown = table(found, None)
    for row in shown.values():
        row["pictures"] = size * row["rate"]
    binary = [size * entry.rate / most for entry, most in zip(found["numeral, binary"], limits, strict=True)]
    shown["numeral, binary"]["ratio"] = median(binary)
    return {**shown, "the network alone": {"pictures": median(limits)}}


@contextmanager
def limit(bench: Bench) -> Iterator[Callable[[float], float]]:
    """A process that does nothing but read batches; ask it for its pictures a second."""
    with subprocess.Popen(
        ["taskset", "-c", str(bench.server_core), sys.executable, "-c", _LIMIT],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None and stdout is not None  # noqa: S101, PT018 - they are pipes
        stdout.readline()

        def run(seconds: float) -> float:
            stdin.write(f"{seconds}\n")
            stdin.flush()
            return float(stdout.readline())

        yield run


def photos(bench: Bench) -> Json:
    """A million pixels in a JPEG."""
    with bench.started([ours("--no-worker")]) as (numeral,):
        file = bench.file(requests.photos(1000, 1000, 64))
        return table(bench.rounds_of([("numeral", numeral, file)]), None)


def alone(bench: Bench) -> Json:
    """One connection: what a lone request waits."""
    with bench.started([bare(), ours("--no-worker")]) as (nothing, numeral):
        file = bench.file(requests.raw())
        contenders: list[Contender] = [("bare uvicorn", nothing, file), ("numeral", numeral, file)]
        found = bench.rounds_of(contenders, connections=1)
    shown = table(found, "bare uvicorn")
    times = [mine.p50 / its.p50 for mine, its in zip(found["numeral"], found["bare uvicorn"], strict=True)]
    shown["numeral"]["p50 ratio"] = median(times)
    return shown


def beside_large(bench: Bench) -> Json:
    """Small pictures alone, and where every tenth request is a photo of twelve megapixels."""
    with bench.started([ours("--no-worker")]) as (numeral,):
        small, large = requests.raw(), requests.photos(4000, 3000, 4)
        mixed(numeral.port, small, large, 0.1, 1)
        rounds = [
            (
                mixed(numeral.port, small, large, 0.0, bench.seconds),
                mixed(numeral.port, small, large, 0.1, bench.seconds),
            )
            for _ in range(bench.rounds)
        ]
    names = ("p50", "p99", "small", "large")
    return {
        "small alone": {name: median(before[name] for before, _ in rounds) for name in names},
        "beside large": {name: median(beside[name] for _, beside in rounds) for name in names},
        "ratio of p99": {"ratio": median(beside["p99"] / before["p99"] for before, beside in rounds)},
    }


def processes(bench: Bench) -> Json:
    """One API process and two, on all cores; the load generator's share of them is left out of the account."""
    cores = sorted(os.sched_getaffinity(0))
    file = bench.file(requests.raw())
    with bench.started([ours("--no-worker"), ours("--no-worker", "--workers", "2")], cores) as (one, two):
        contenders: list[Contender] = [("one process", one, file), ("two processes", two, file)]
        found = bench.rounds_of(
            contenders, 2 * CONNECTIONS
        )  # so that each of two has as many as a single one elsewhere
    shown = table(found, None)
    scaling = [2 * single.cpu / double.cpu for single, double in zip(*found.values(), strict=True)]
    shown["two processes"]["ratio"] = median(scaling)
    return shown


def memory(bench: Bench) -> Json:
    """Resident and proportional memory, idle and after a load, and of each further API process."""
    file = bench.file(requests.raw())
    shown: Json = {}
    for count in (1, 2, 4):
        with bench.started([ours("--no-worker", "--workers", str(count))]) as (running,):
            time.sleep(2)
            idle = sizes(running.process.pid)
            load(running.port, file, CONNECTIONS, 5, core=bench.load_core, server=running.process.pid)
            shown[f"{count} API process{'es' if count > 1 else ''}"] = {
                "idle": idle,
                "loaded": sizes(running.process.pid),
            }
    each = (shown["4 API processes"]["loaded"]["pss"] - shown["2 API processes"]["loaded"]["pss"]) / 2
    return {**shown, "each further process": {"loaded": {"pss": each}}}


def sizes(pid: int) -> dict[str, float]:
    """Return megabytes: proportional of a process and its descendants together, and the largest resident one."""
    found = []
    for process in family(pid):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
        found.append({line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines})
    return {"pss": sum(entry["Pss"] for entry in found), "rss": max(entry["Rss"] for entry in found)}


def start(bench: Bench) -> Json:
    """Seconds from the command until it is ready, on all cores: with and without a worker, in a new home and again."""
    shown: Json = {}
    cores = sorted(os.sched_getaffinity(0))
    for name, options in (("API alone", ["--no-worker"]), ("with a worker", [])):
        first: list[float] = []
        again: list[float] = []
        for number in range(bench.rounds + 1):
            home = bench.folder / f"home-{name}-{number}"
            for found in (first, again):
                with bench.started([ours("--home", str(home), *options)], cores) as (running,):
                    found.append(running.ready_after)
        shown[name] = {"first": median(first), "again": median(again)}
    return shown


def table(found: Mapping[str, Sequence[Load]], base: str | None) -> Json:
    """Return medians over the rounds, and rates as ratios to another's within each round."""
    shown: Json = {}
    for name, loads in found.items():
        row = {key: median(asdict(entry)[key] for entry in loads) for key in ("rate", "p50", "p99", "cpu")}
        if base is not None:
            ratios = [entry.rate / its.rate for entry, its in zip(loads, found[base], strict=True)]
            row["ratio"] = median(ratios)
            row["ratio of cpu"] = median(
                its.cpu / entry.cpu for entry, its in zip(loads, found[base], strict=True)
            )
        shown[name] = row
    return shown


SECTIONS: Final[dict[str, Callable[[Bench], Json]]] = {
    "one_picture": one_picture,
    "forms": forms,
    "batches": batches,
    "photos": photos,
    "alone": alone,
    "beside_large": beside_large,
    "processes": processes,
    "memory": memory,
    "start": start,
}


def machine() -> Json:
    """Return what figures depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "cpu": f"{model}, {os.cpu_count()} cores",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Answering, side by side.")
    parser.add_argument("--peers", type=Path, help="folder with an environment for each peer")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--seconds", type=int, default=5, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    require_wrk()
    options.results.mkdir(parents=True, exist_ok=True)
    file = options.results / "serving.json"
    results: Json = json.loads(file.read_text()) if file.exists() else {}
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{name} ...", flush=True)
            results[name] = {"machine": machine(), "rows": SECTIONS[name](Bench(options, Path(folder)))}
        file.write_text(json.dumps(results, indent=1) + "\n")
        print(markdown({name: results[name]}), flush=True)
    (options.results / "serving.md").write_text(markdown(results))


if __name__ == "__main__":
    main()
