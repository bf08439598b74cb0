"""The supervisor where the system has nothing left for a worker."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.supervisor import Supervisor
from tests.service.homes import until


def descriptors() -> int:
    """How many file descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_worker_that_cannot_be_started_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """For want of memory, say; it says so, leaks nothing, and starts one when there is room."""
    started, refusals = subprocess.Popen, iter([True, True])

    def popen(*args: Any, **settings: Any) -> "subprocess.Popen[bytes]":
        if next(refusals, False):
            raise OSError(12, "Cannot allocate memory")
        return started(*args, **settings)

    monkeypatch.setattr("service.supervisor.subprocess.Popen", popen)
    before = descriptors()
    supervisor = Supervisor([sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
    supervisor.start()
    until(lambda: supervisor.pid is not None)
    supervisor.stop()
    assert descriptors() == before
    assert caplog.text.count("the worker could not be started: Cannot allocate memory") == 2
