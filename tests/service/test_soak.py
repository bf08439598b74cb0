"""A hundred random kills over many short jobs, against a log of everything that was acknowledged."""

import os
import random
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic

import httpx
import numpy as np
import pytest
import sqlalchemy as sa

from model.sources import load_test
from service import png
from service.database import jobs
from tests.service.cluster import Machine
from tests.service.databases import free_port
from tests.service.homes import Home, tiny, undisturbed_digest, until

KILLS = int(os.environ.get("NUMERAL_SOAK_KILLS", "100"))
SEEDS = 3
WORK = {"limit": 600, "network": {"hidden": [8]}, "epochs": 25, "augmentation": "none", "examples": False}


class Client(threading.Thread):
    """Asks for jobs and gives examples all the time, tries again whatever fails, and logs what was acknowledged."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.jobs: dict[str, int] = {}
        self.examples: dict[str, int] = {}
        self.retries = 0
        self._client = httpx.Client(base_url=url, timeout=30)
        self._images = load_test().images
        self._asked = 0

    def run(self) -> None:
        """Ask until told to stop."""
        with self._client:
            self._ask()

    def _ask(self) -> None:
        while not self.stopping.is_set():
            self._asked += 1
            seed = self._asked % SEEDS
            asked = {**WORK, "seed": seed, "promote": ("always", "never")[self._asked % 2]}
            job = self._insist("/train", json=asked, headers={"Idempotency-Key": f"job {self._asked}"})
            if job is not None:
                self.jobs[job["id"]] = seed
            label = self._asked % 10
            body = png.encode(self._images[self._asked])
            example = self._insist("/examples", params={"label": label}, content=body)
            if example is not None:
                self.examples[example["id"]] = label
            self.stopping.wait(0.2)

    def _insist(self, path: str, **options: object) -> dict[str, str] | None:
        """Ask until there is an answer; None if told to stop before."""
        while not self.stopping.is_set():
            with suppress(httpx.TransportError):
                answer = self._client.post(path, **options)  # type: ignore[arg-type]
                if answer.is_success:
                    document: dict[str, str] = answer.json()
                    return document
                assert answer.status_code in (429, 503), answer.text
            self.retries += 1
            self.stopping.wait(0.3)
        return None


def a_worker(folder: Path) -> int | None:
    """The process id of a living worker, by its lease."""
    pids = [int(path.stem.split("-")[-2]) for path in (folder / "workers").glob("*.lock")]
    living = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    return living[-1] if living else None


def happened(home: Home) -> int:
    """How many events all jobs together have had: the kills keep pace with the work, however fast the machine."""
    with home.engine.connect() as connection:
        return int(
            connection.execute(sa.select(sa.func.coalesce(sa.func.sum(jobs.c.events), 0))).scalar_one()
        )


def verified(home: Home, client: Client) -> int:
    """Check every acknowledged job, and return how often they were queued in all."""
    digests = {seed: undisturbed_digest(tiny(**WORK, seed=seed)) for seed in range(SEEDS)}
    versions: dict[str, list[str]] = {}
    for version in home.registry.versions():
        versions.setdefault(str(home.registry.manifest(version).get("token")), []).append(version)
    attempts = 0
    for job_id, seed in client.jobs.items():
        job = home.jobs.get(job_id)
        assert job.state == "succeeded", job
        assert job.result is not None
        assert job.result["digest"] == digests[seed]
        assert versions[f"job-{job_id}"] == [job.result["version"]]
        events = home.jobs.events(job_id)
        assert [number for number, _ in events] == list(range(1, len(events) + 1))
        assert [data["state"] for _, data in events].count("succeeded") == 1
        attempts += [data["state"] for _, data in events].count("queued")
    unheard = {job.id for job in home.jobs.newest(100_000)} - client.jobs.keys()
    assert len(unheard) <= 1  # the answer to the last request may have come when the client had stopped
    return attempts


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_random_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    """Workers and whole trees die at random moments; every acknowledged job and example is there once in the end."""
    rng = random.Random(os.environ.get("NUMERAL_SOAK_SEED", "1"))
    folder, port = tmp_path / "home", free_port()
    settings = {
        "NUMERAL_CHECKPOINT_SECONDS": "0.2",
        "NUMERAL_WORKER_NICENESS": "0",
        "NUMERAL_QUEUED_JOBS": "6",
    }
    command = ["serve", "--port", str(port)]
    home = Home(folder)
    serve = Machine(command, folder, settings)
    client = Client(f"http://127.0.0.1:{port}")
    client.start()
    began, trees, workers = monotonic(), 0, 0
    while trees + workers < KILLS:
        aim = happened(home) + rng.randint(0, 12)
        with suppress(AssertionError):
            until(lambda aim=aim: happened(home) >= aim, 30)  # type: ignore[misc]
        client.stopping.wait(rng.uniform(0.0, 0.5))
        worker = a_worker(folder)
        if rng.random() < 0.2:
            serve.kill()
            trees += 1
            serve = Machine(command, folder, settings)
        elif worker is not None:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                workers += 1
    killing = monotonic() - began
    client.stopping.set()
    client.join()
    until(lambda: not home.jobs.newest(1, "queued") and not home.jobs.newest(1, "running"), 1200)
    serve.stop()

    attempts = verified(home, client)
    moves = [move.version for move in home.registry.history("production")]
    assert len(moves) == len(set(moves))
    listed = kept_examples(home)
    assert listed.items() >= client.examples.items()
    assert len(listed) - len(client.examples) <= 1  # likewise: its answer was lost with the client
    home.close()
    sys.stdout.write(
        f"\n{workers} workers and {trees} whole trees killed in {killing:.0f} s; {len(client.jobs)} jobs, taken "
        f"{attempts} times, all succeeded with the right weights and one version each; {len(client.examples)} examples "
        f"there once; {client.retries} requests tried again\n"
    )


def kept_examples(home: Home) -> dict[str, int]:
    """The examples in the database."""
    from service.examples import Examples

    examples = Examples(home.engine, home.registry.store)
    assert all(np.any(example.pixels) for example in examples.each())
    return {example.id: example.label for example in examples.each()}
