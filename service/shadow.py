"""The shadow: a second network that sees the pictures of the first, outside the response path.

Where the alias ``shadow`` points to another version than ``production``, the pictures that production reads are given to
the shadow too, in a thread of low priority, as far as it keeps up. Its digits go nowhere but into counters: how many
pictures it saw, on how many it disagreed, and how many it had no time for.
"""

import logging
import queue
import threading

import numpy as np

from model.arrays import Pixels
from model.errors import ModelError
from model.predictor import Predictor
from service.metrics import Metrics
from service.priority import step_back
from service.serving import SHADOW, Serving

MOST_WAITING = 256
"""Forward passes; what comes when so many wait is counted as dropped."""

NICENESS = 10

log = logging.getLogger("numeral.shadow")

_Pass = tuple[Predictor, Pixels, list[int]]


class Shadow:
    """Lets the shadow network read what the current one has read."""

    def __init__(self, serving: Serving, metrics: Metrics) -> None:
        self._serving, self._metrics = serving, metrics
        self._waiting: queue.SimpleQueue[_Pass | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._refused: str | None = None

    def start(self) -> None:
        """Begin to read, in a thread."""
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, and read no more."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def offer(self, predictor: Predictor, pixels: Pixels, digits: list[int]) -> None:
        """Give the shadow what was just read, if there is a shadow and it was production that read.

        Args:
            predictor: that read.
            pixels: (batch, 784), not written to any more.
            digits: what it read.
        """
        version = self._serving.aliases.get(SHADOW)
        if version is None or predictor is not self._serving.current or version == predictor.version:
            return
        if self._waiting.qsize() >= MOST_WAITING:
            self._metrics.shadow_dropped.add(self._metrics.shadow_dropped.offset, len(digits))
            return
        self._waiting.put((predictor, pixels, digits))

    def _run(self) -> None:
        step_back(NICENESS)
        while (item := self._waiting.get()) is not None:
            try:
                self._compare(*item)
            except ModelError as error:
                self._say_refused(str(error))
            except Exception:
                log.exception("the shadow failed")

    def _compare(self, predictor: Predictor, pixels: Pixels, digits: list[int]) -> None:
        shadow = self._serving.at_hand(SHADOW) or self._serving.fetch(SHADOW)
        if shadow.version == predictor.version:
            return
        read = [reading.digit for reading in shadow.read(pixels, [None] * len(pixels))]
        differing = int(np.count_nonzero(np.array(read) != np.array(digits)))
        metrics = self._metrics
        metrics.shadow_pictures.add(metrics.shadow_pictures.offset, len(digits))
        metrics.shadow_disagreements.add(metrics.shadow_disagreements.offset, differing)
        self._refused = None

    def _say_refused(self, reason: str) -> None:
        if reason != self._refused:
            log.error("the shadow cannot read: %s", reason)
        self._refused = reason
