"""Several API processes behind one port, kept alive by a parent that does nothing else.

Each process is forked, so that they share the memory of what was imported, and has a listening socket of its own on
the same port: the kernel spreads the connections. The parent holds the sockets too, so connections that wait for a process that
crashed are answered by the one that takes its place.
"""

import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

log = logging.getLogger("numeral.processes")

SIGNALS = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGCHLD))
QUICK = 5.0
"""A process that ends within so many seconds is not replaced before ``PAUSE`` has passed."""
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Role:
    """What a process does.

    Attributes:
        name: for the log.
        run: does it, and returns the exit status; it is called in the forked process.
    """

    name: str
    run: Callable[[], int]


class Processes:
    """Keeps one process for each role until SIGTERM or Ctrl-C.

    Args:
        roles: what the processes do.
        sockets: held open until the end begins.
        patience: seconds after SIGTERM in which they must end before they are killed.
    """

    def __init__(self, roles: Sequence[Role], sockets: Sequence[socket.socket], patience: float) -> None:
        self._roles, self._sockets, self._patience = roles, sockets, patience
        self._running: dict[int, tuple[Role, float]] = {}
        self._due: list[tuple[float, Role]] = []
        self._kill_at: float | None = None
        self._failed = False
        self._alive, self._held = os.pipe()

    def run(self) -> int:
        """Run until every process has ended; return 0 when they did so in good order."""
        gc.freeze()  # what is there already is never moved or freed, so its memory stays shared
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        self._due = [(0.0, role) for role in self._roles]
        while True:
            self._start_due()
            received = signal.sigtimedwait(SIGNALS, 0.5)
            if received is not None and received.si_signo != signal.SIGCHLD:
                self._stop()
            self._reap()
            if self._kill_at is not None:
                if not self._running:
                    return int(self._failed)
                if monotonic() > self._kill_at:
                    self._tell(signal.SIGKILL)

    def _start_due(self) -> None:
        due, self._due = self._due, []
        for at, role in due:
            if monotonic() >= at:
                self._start(role)
            else:
                self._due.append((at, role))

    def _start(self, role: Role) -> None:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                self._become_child()
                status = role.run()
            except BaseException:
                log.exception("%s failed", role.name)
            finally:
                os._exit(status)
        self._running[pid] = (role, monotonic())

    def _become_child(self) -> None:
        os.close(self._held)
        # Before signals are let through, so that none is delivered to this thread when a role waits for them itself.
        threading.Thread(target=_end_with, args=(self._alive,), name="parent", daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _reap(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            role, began = self._running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if self._kill_at is not None:
                self._failed = self._failed or code != 0
                continue
            log.error("%s ended with status %d and is replaced", role.name, code)
            self._due.append((monotonic() + (PAUSE if monotonic() - began < QUICK else 0.0), role))

    def _stop(self) -> None:
        """Pass the signal on; a second one ends the draining."""
        if self._kill_at is None:
            self._kill_at = monotonic() + self._patience
            self._due.clear()
            for held in self._sockets:
                held.close()
        self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._running:
            os.kill(pid, number)


def _end_with(alive: int) -> None:
    """End this process when the parent is gone, however it went: the kernel closes its end of the pipe."""
    os.read(alive, 1)
    os._exit(1)
