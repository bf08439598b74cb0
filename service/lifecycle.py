"""From SIGTERM to the end: say so at once, answer for a while, finish what was accepted, leave with status 0."""

import signal
from time import monotonic
from types import FrameType

import uvicorn


class Lifecycle:
    """Whether this process is on its way out.

    Attributes:
        draining: it is; load balancers are told, requests are still answered.
    """

    def __init__(self) -> None:
        self.draining = False


class Server(uvicorn.Server):
    """A uvicorn server that keeps listening for a while after SIGTERM.

    uvicorn itself closes its listener at once, so requests already on their way to it would be refused.
    """

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle, self._drain_seconds = lifecycle, drain_seconds
        self._last_call: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to drain; a second signal, or Ctrl-C, ends the waiting."""
        self.should_exit = self._lifecycle.draining or sig == signal.SIGINT
        self._lifecycle.draining = True
        if self._last_call is None:
            self._last_call = monotonic() + self._drain_seconds

    async def on_tick(self, counter: int) -> bool:
        """Tell ten times a second whether to close the listener."""
        over = self._last_call is not None and monotonic() >= self._last_call
        return await super().on_tick(counter) or over
