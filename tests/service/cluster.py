"""Several machines on one: API replicas and workers as processes, sharing Postgres and an S3 store and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx

from tests.service.databases import free_port, running_postgres
from tests.service.homes import ENDED, until

BIN = Path(sys.executable).parent


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, which takes its worker with it."""
    process.send_signal(signal.SIGKILL)
    process.wait()


class Machine:
    """One process of ours, with a folder that nobody else sees."""

    def __init__(
        self, command: list[str], folder: Path, environment: dict[str, str], inside: tuple[str, ...] = ()
    ) -> None:
        self.log_path = folder.parent / f"{folder.name}.log"
        self.log = self.log_path.open("ab")
        everything = {**os.environ, **environment, "NUMERAL_HOME": str(folder), "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen([*inside, BIN / "numeral", *command], env=everything, stderr=self.log)

    def kill(self) -> None:
        """Pull the plug."""
        kill(self.process)
        self.log.close()

    def stop(self) -> None:
        """Stop in good order, or else."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()


class Cluster:
    """Postgres, a store, and the machines that a test starts."""

    def __init__(self, folder: Path, database: str, store: str) -> None:
        self._folder, self._machines = folder, ExitStack()
        self.environment = {
            "NUMERAL_DATABASE_URL": database,
            "NUMERAL_STORE_URL": "s3://numeral",
            "NUMERAL_CHECKPOINT_SECONDS": "0.5",
            "NUMERAL_WORKER_NICENESS": "0",
            "AWS_ENDPOINT_URL": store,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def replica(self) -> httpx.Client:
        """Start an API replica and return a client of it when it is ready."""
        port = free_port()
        self._start(["serve", "--no-worker", "--port", str(port)], f"api-{port}")
        client = self._machines.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120))
        until(lambda: _ready(client), 120)
        return client

    def worker(self, name: str, inside: tuple[str, ...] = ()) -> Machine:
        """Start a worker, by a command that starts another one inside something if need be."""
        return self._start(["worker"], name, inside)

    def _start(self, command: list[str], name: str, inside: tuple[str, ...] = ()) -> Machine:
        machine = Machine(command, self._folder / name, self.environment, inside)
        self._machines.callback(machine.stop)
        return machine

    def close(self) -> None:
        """Stop every machine."""
        self._machines.close()


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def ended(client: httpx.Client, job_ids: list[str], seconds: float = 300) -> list[dict[str, Any]]:
    """The jobs when all have ended."""

    def jobs() -> list[dict[str, Any]]:
        return [client.get(f"/train/{job_id}").json() for job_id in job_ids]

    until(lambda: all(job["state"] in ENDED for job in jobs()), seconds)
    return jobs()


@contextmanager
def running_cluster(folder: Path, address: str = "127.0.0.1") -> Iterator[Cluster]:
    """A cluster without machines yet, whose database and store are at one address of this machine."""
    with running_postgres(address) as database, running_store(address) as store:
        cluster = Cluster(folder, database, store)
        try:
            yield cluster
        finally:
            cluster.close()


@contextmanager
def running_store(address: str = "127.0.0.1") -> Iterator[str]:
    """The URL of an S3 store with the bucket ``numeral``, in memory."""
    port = free_port()
    server = subprocess.Popen(
        [BIN / "moto_server", "-H", address, "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://{address}:{port}"
    try:
        until(lambda: _answers(url))
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket="numeral")
        yield url
    finally:
        kill(server)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        time.sleep(0.1)
        return False
