"""Loads a server, from a core of its own.

wrk answers for the rates: written in C, one core of it drives a server that does nothing at 55,000 requests a second,
where a client in Python would measure itself. Where large and small pictures share connections, wrk cannot tell their
times apart; there the rates are low enough for the asyncio client below.
"""

import asyncio
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What a load found.

    Attributes:
        rate: requests answered a second.
        p50: median of their times, in milliseconds, and ``p99``, what 99 of 100 did not exceed.
        failed: requests that were not answered with 2xx.
        cpu: seconds of processor time that the server took for one request, all its processes together.
    """

    rate: float
    p50: float
    p99: float
    failed: int
    cpu: float


def require_wrk() -> None:
    """Say what is missing."""
    if shutil.which("wrk") is None:
        raise SystemExit(
            "benchmarks.serving: expected wrk, the load generator, to be installed (Debian: apt install wrk)"
        )


def load(port: int, requests: Path, connections: int, seconds: int, *, core: int, server: int) -> Load:
    """Load a server for some seconds.

    Args:
        port: of the server on this machine.
        requests: the file of messages to send.
        connections: kept alive, each with one request at a time.
        seconds: how long.
        core: that wrk runs on.
        server: the process whose processor time is counted, with its descendants.
    """
    before = processor_seconds(server)
    found = subprocess.run(
        [
            "taskset",
            "-c",
            str(core),
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "-s",
            SCRIPT,
            f"http://127.0.0.1:{port}/",
        ],
        env={**os.environ, "REQUESTS": str(requests)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    used = processor_seconds(server) - before
    last = json.loads(found.stdout.splitlines()[-1])
    count = max(1, last["requests"])
    return Load(count / last["seconds"], last["p50"] / 1e3, last["p99"] / 1e3, last["failed"], used / count)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants."""
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(sum(_ticks(process)) for process in family(pid)) / ticks


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            found += family(int(child))
    return found


def _ticks(pid: int) -> tuple[int, int]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return int(fields[11]), int(fields[12])


def mixed(
    port: int, small: Sequence[bytes], large: Sequence[bytes], share: float, seconds: float
) -> dict[str, float]:
    """Return times in milliseconds of small requests on eight connections, a share of whose requests is large."""
    return asyncio.run(_mixed(port, small, large, share, seconds))


async def _mixed(
    port: int, small: Sequence[bytes], large: Sequence[bytes], share: float, seconds: float
) -> dict[str, float]:
    times: list[float] = []
    sizes = {"small": 0, "large": 0}
    until = time.perf_counter() + seconds

    async def client(seed: int) -> None:
        rng = random.Random(seed)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            is_large = rng.random() < share
            began = time.perf_counter()
            writer.write(rng.choice(large if is_large else small))
            await answer(reader)
            sizes["large" if is_large else "small"] += 1
            if not is_large:
                times.append(1e3 * (time.perf_counter() - began))
        writer.close()

    await asyncio.gather(*(client(seed) for seed in range(8)))
    p50, p99 = np.percentile(times, [50, 99]).tolist()
    return {"p50": p50, "p99": p99, **sizes}


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Read one answer; return its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"expected an answer with status 200, got {head[:200]!r}")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length.split(b":")[1]))


def ask(port: int, requests: Sequence[bytes]) -> list[bytes]:
    """Send requests one after the other; return the bodies of the answers."""

    async def each() -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        bodies = []
        for request in requests:
            writer.write(request)
            bodies.append(await answer(reader))
        writer.close()
        return bodies

    return asyncio.run(each())
