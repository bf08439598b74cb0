"""Waiting for what is only out of reach for a while: a full disk, a store that restarts, a database that fails over."""

import logging
from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

log = logging.getLogger("numeral.patience")

T = TypeVar("T")


def patiently(
    action: Callable[[], T],
    errors: tuple[type[Exception], ...],
    patience: float,
    wait: Callable[[float], object] = sleep,
) -> T:
    """Do something, again and again while it fails with one of these errors, and give up after a while.

    Args:
        action: may be done any number of times.
        errors: what may pass by itself; anything else is raised at once.
        patience: seconds after which the error is raised.
        wait: is called between two tries with the seconds to wait; what it raises ends the waiting.
    """
    began, pause = monotonic(), 0.25
    while True:
        try:
            return action()
        except errors as error:
            if monotonic() - began + pause > patience:
                raise
            log.warning("waiting %.2f s, then trying again: %s", pause, error)
            wait(pause)
            pause = min(2 * pause, 5.0)
