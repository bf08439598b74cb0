"""Work that a thread does again and again until it is told to stop."""

import threading
from collections.abc import Callable


class Recurring:
    """A thread that works, waits and works again.

    Args:
        name: of the thread.
        work: what it does; raises nothing.
        every: seconds between.
    """

    def __init__(self, name: str, work: Callable[[], object], every: float) -> None:
        self._work, self._every = work, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, at once."""
        self._thread.start()

    def stop(self) -> None:
        """Work no more; wait a moment for what is being done."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._work()
            self._stop.wait(self._every)
