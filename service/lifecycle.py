"""From SIGTERM to the end: say so at once, answer for a while, finish what was accepted, leave with status 0."""

import signal
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Any

import uvicorn

TICKS = 10
"""The server looks around ten times a second."""


class Lifecycle:
    """Whether this process is on its way out, or not as it should be.

    Attributes:
        draining: it is; load balancers are told, requests are still answered.
        incomplete: a part of the routes could not be made.
    """

    def __init__(self) -> None:
        self.draining = self.incomplete = False


class Server(uvicorn.Server):
    """A uvicorn server that keeps listening for a while after SIGTERM, and does not wait for ever for a request.

    uvicorn itself closes its listener at once, so requests already on their way to it would be refused. It also lets a
    client take any time to send the head of a request.

    Args:
        config: of uvicorn.
        lifecycle: is told when the draining begins.
        drain_seconds: how long requests are still answered after SIGTERM.
        head_seconds: how long the head of a request may take.
        leaving: is called when the draining begins, from a signal handler.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        lifecycle: Lifecycle,
        *,
        drain_seconds: float,
        head_seconds: float,
        leaving: Callable[[], object],
    ) -> None:
        super().__init__(config)
        self._lifecycle, self._drain_seconds, self._head_seconds = lifecycle, drain_seconds, head_seconds
        self._leaving = leaving
        self._last_call: float | None = None
        self._silent: dict[Any, float] = {}

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to drain; a second signal, or Ctrl-C, ends the waiting."""
        self.should_exit = self._lifecycle.draining or sig == signal.SIGINT
        self._lifecycle.draining = True
        if self._last_call is None:
            self._last_call = monotonic() + self._drain_seconds
            self._leaving()

    async def on_tick(self, counter: int) -> bool:
        """Tell ten times a second whether to close the listener."""
        if counter % TICKS == 0:
            self._close_silent(monotonic())
        over = self._last_call is not None and monotonic() >= self._last_call
        return await super().on_tick(counter) or over

    def _close_silent(self, now: float) -> None:
        """Close connections that have owed us the head of a request for too long."""
        silent: dict[Any, float] = {}
        for connection in tuple(self.server_state.connections):
            if not _owes_a_head(connection):
                continue
            since = silent[connection] = self._silent.get(connection, now)
            if now - since >= self._head_seconds:
                connection.transport.close()
        self._silent = silent


def _owes_a_head(connection: Any) -> bool:
    """Whether a connection is new, or has begun another request, without having sent a whole head.

    Between two requests uvicorn's timer for keeping connections alive runs; the first byte of the next stops it.
    """
    if connection.cycle is None:
        return True
    return bool(connection.cycle.response_complete and connection.timeout_keep_alive_task is None)
