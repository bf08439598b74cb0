"""The supervisor where the system has nothing left for a worker."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.settings import Settings
from service.supervisor import SILENCE_SECONDS, Supervisor
from service.worker_process import supervised
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


def test_a_silent_worker_is_replaced_when_its_time_is_over() -> None:
    """Which is not the usual one here."""
    silent = "import os, sys, time; os.write(int(sys.argv[1]), b'.'); time.sleep(60)"
    supervisor = Supervisor([sys.executable, "-c", silent, "{alive}"], os.environ, silence_seconds=0.5)
    supervisor.start()
    until(lambda: supervisor.pid is not None)
    first = supervisor.pid
    until(lambda: supervisor.pid not in (None, first), seconds=SILENCE_SECONDS / 2)
    supervisor.stop()


def test_a_worker_may_be_silent_for_longer_than_others_wait(tmp_path: Path) -> None:
    """Its jobs are taken over after the setting; it is replaced a little later."""
    patient = supervised(Settings(home=tmp_path, silence_seconds=60))
    assert patient._silence_seconds > 60
    assert supervised(Settings(home=tmp_path))._silence_seconds == SILENCE_SECONDS
