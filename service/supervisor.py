"""Keeps a worker process alive beside the service: starts it, watches its heartbeat, starts it anew, stops it.

The worker ends when this process does, however it ends: it watches a pipe that the kernel closes then.
"""

import logging
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from time import monotonic

log = logging.getLogger("numeral.supervisor")

STARTING_SECONDS = 120.0
"""A worker may take this long to its first heartbeat."""

SILENCE_SECONDS = 20.0
"""A worker that has been silent for longer hangs, and is replaced."""

STOP_SECONDS = 15.0
"""A worker that is told to stop may take this long to save its job."""

LONGEST_PAUSE = 10.0
"""Between the end of a worker that keeps failing and the start of the next."""

HEALTHY_SECONDS = 5.0
"""A worker that lived for so long did not fail at its start, and is replaced at once."""


class Supervisor:
    """One worker process after the other, until ``stop``.

    Args:
        command: starts the worker; ``{alive}`` and ``{parent}`` are replaced by the numbers of two file descriptors: it
            writes a byte to the first each second, and ends when the second is closed at the other end.
        environment: of the worker.
        silence_seconds: after so long without a byte it is replaced.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._command, self._environment = command, environment
        self._silence_seconds = silence_seconds
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the first worker and watch over it in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the worker in good order, or kill it if it takes too long; return when it has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def request_stop(self) -> None:
        """Begin to stop; for signal handlers."""
        self._stopping.set()

    @property
    def pid(self) -> int | None:
        """The process id of the worker that runs now, if one does."""
        return self._process.pid if self._process is not None else None

    def _run(self) -> None:
        pause = 0.25
        while not self._stopping.is_set():
            began = monotonic()
            try:
                ended = f"the worker ended with status {self._one_worker()}"
            except OSError as error:  # no memory, no process or no descriptor left for one
                ended = f"the worker could not be started: {error.strerror or type(error).__name__}"
            if self._stopping.is_set():
                return
            pause = 0.25 if monotonic() - began > HEALTHY_SECONDS else min(2 * pause, LONGEST_PAUSE)
            log.warning("%s; another one starts in %.1f s", ended, pause)
            self._stopping.wait(pause)

    def _one_worker(self) -> int:
        with ExitStack() as ours:
            alive, tell_alive = os.pipe()
            ours.callback(os.close, alive)
            with ExitStack() as theirs:
                theirs.callback(os.close, tell_alive)
                parent, hold_parent = os.pipe()
                theirs.callback(os.close, parent)
                ours.callback(os.close, hold_parent)
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    [word.format(alive=tell_alive, parent=parent) for word in self._command],
                    env=dict(self._environment),
                    stdin=subprocess.DEVNULL,
                    pass_fds=(tell_alive, parent),
                    start_new_session=True,  # Ctrl-C is for us; we tell the worker
                )
            try:
                return self._watch(self._process, alive)
            finally:
                self._process = None

    def _watch(self, process: "subprocess.Popen[bytes]", alive: int) -> int:
        """Return the worker's status when it has ended; end it if it is silent for too long or we are to stop."""
        until = monotonic() + STARTING_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(alive, selectors.EVENT_READ)
            while process.poll() is None:
                if self._stopping.is_set():
                    return _stopped(process)
                if selector.select(timeout=0.25):
                    if not os.read(alive, 1024):
                        return process.wait()
                    until = monotonic() + self._silence_seconds
                elif monotonic() > until:
                    log.warning("the worker has been silent for too long and is replaced")
                    process.kill()
        return process.wait()


def _stopped(process: "subprocess.Popen[bytes]") -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
