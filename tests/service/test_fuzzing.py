"""Requests made from the OpenAPI document, good and bad: the answers must be as it says."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.server_process import running_server

_ROOT = Path(__file__).parents[2]


def fuzz(home: Path, seed: str, *options: str) -> None:
    """Let schemathesis do all its checks on a service of its own."""
    with running_server(home) as server:
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json"]
        found = subprocess.run(
            [*command, "--seed", seed, "--no-color", "--continue-on-failure", *options],
            cwd=home,
            env={
                **os.environ,
                "PYTHONPATH": str(_ROOT),
                "SCHEMATHESIS_HOOKS": "tests.service.schemathesis_hooks",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 0, found.stdout  # which names the seed


@pytest.mark.timeout(300)
def test_a_request_of_every_kind_is_answered_as_the_document_says(tmp_path: Path) -> None:
    """The examples, and a generated request for each operation, always the same ones."""
    fuzz(tmp_path, "1", "--phases", "examples,fuzzing", "--max-examples", "1")


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_three_minutes_of_requests_are_answered_as_the_document_says(tmp_path: Path) -> None:
    """All phases: what lies at the edge of the schemas, what lies beyond, and sequences that follow the links."""
    seed = os.environ.get("SEED") or str(random.randrange(1_000_000))
    fuzz(tmp_path, seed, "--max-time", "180")
