"""What one request costs, in numbers that no other program on the machine can change: turns, calls, memory."""

import asyncio
import sys
import tracemalloc
from collections.abc import Coroutine, Iterator
from types import FrameType
from typing import Any, cast

import numpy as np
import pytest

from model.network import BLOCK, as_inputs
from model.sources import load_test
from service.app import Numeral
from tests.service.conftest import current
from tests.service.pictures_of_digits import digits, png

CALLS = 295
"""Calls of functions, in Python and in C, for a picture alone; a tenth is left for other versions of Python and NumPy."""


@pytest.fixture
def alone(shipped_app: Numeral) -> Iterator[Numeral]:
    """The application as it is when it has no other request."""
    batcher = shipped_app.services.batcher
    batcher.crowd = [cast("asyncio.Task[None]", "this one")]
    yield shipped_app
    batcher.crowd = None


class Conversation:
    """A request with a 28x28 PNG, answered without a server."""

    def __init__(self, app: Numeral) -> None:
        self._app, self._body = app, png(digits(1)[0])
        self.sent: list[dict[str, Any]] = []

    def start(self) -> Coroutine[Any, Any, None]:
        """Return the coroutine that answers."""
        headers = [(b"content-type", b"image/png"), (b"content-length", b"%d" % len(self._body))]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/predict",
            "query_string": b"",
            "headers": headers,
        }
        return self._app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


def finished(answering: Coroutine[Any, Any, None]) -> bool:
    """Take one step; return whether that was all."""
    try:
        answering.send(None)
    except StopIteration:
        return True
    return False


async def test_a_picture_alone_waits_for_no_turn_and_no_thread(alone: Numeral) -> None:
    """It is answered in one step of its task, and counted later."""
    conversation = Conversation(alone)
    metrics = alone.services.metrics
    metrics.settle()
    before = sum(metrics.counters.totals(metrics.digits).values())
    assert finished(conversation.start())
    assert conversation.sent[0]["status"] == 200
    assert sum(metrics.counters.totals(metrics.digits).values()) == before
    metrics.settle()
    assert sum(metrics.counters.totals(metrics.digits).values()) == before + 1


async def test_a_picture_alone_takes_few_calls(alone: Numeral) -> None:
    """Most of a request's time is Python calling something."""
    conversations = [Conversation(alone) for _ in range(2)]
    assert finished(conversations[0].start())  # what is done once is done
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    answering = conversations[1].start()
    sys.setprofile(count)
    try:
        done = finished(answering)
    finally:
        sys.setprofile(None)
    assert done
    assert calls <= CALLS


def test_a_forward_pass_copies_a_block_of_weights_at_most(shipped_app: Numeral) -> None:
    """Alone or among many: the weights of use go through one small piece of memory."""
    network = current(shipped_app).artifact.network
    widest = max(network.sizes[1:])
    for batch in (1, 32):
        inputs = as_inputs(load_test().images[:batch])
        network.logits(inputs)
        tracemalloc.start()
        network.logits(inputs)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        rows = 4 * batch * (sum(network.sizes) + 2 * widest) + np.dtype(np.intp).itemsize * max(network.sizes)
        assert most <= 4 * BLOCK * widest + rows + 20_000
