"""Threads that decode: who waits hears of his own picture, together with others, and waits for none that takes long."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from service.decoders import Decoders

SLOW = b"slow"


class Gate:
    """Decodes files once they are let through, slow ones once they are let through apart; writes down which."""

    def __init__(self) -> None:
        self.open, self.slow = threading.Event(), threading.Event()
        self.seen: list[bytes] = []

    def __call__(self, data: bytes) -> bytes:
        """Return the file in capitals."""
        (self.slow if data == SLOW else self.open).wait(10)
        self.seen.append(data)
        if data == b"torn":
            raise ValueError("torn")
        return data.upper()


@pytest.fixture
def gate() -> Gate:
    """A gate that is closed."""
    return Gate()


@pytest.fixture
def decoders(gate: Gate) -> Iterator[Decoders[bytes]]:
    """One thread."""
    made = Decoders(1, gate)
    yield made
    gate.open.set()
    gate.slow.set()
    made.close()


async def waiting(decoders: Decoders[bytes], *files: bytes) -> "list[asyncio.Task[bytes]]":
    """Tasks that wait for the files, in their order."""
    tasks = [asyncio.create_task(decoders.decode(data)) for data in files]
    await asyncio.sleep(0)
    return tasks


async def test_files_that_wait_are_handed_over_together_each_to_its_own(
    decoders: Decoders[bytes], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside one that cannot be decoded; the first is not told before the last is done."""
    monkeypatch.setattr("service.decoders.TOGETHER", 60.0)
    tasks = await waiting(decoders, b"one", b"torn", b"two", SLOW)
    gate.open.set()
    await asyncio.to_thread(until, lambda: len(gate.seen) == 3)
    assert not any(task.done() for task in tasks)
    gate.slow.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [outcome for outcome in found if isinstance(outcome, bytes)] == [b"ONE", b"TWO", b"SLOW"]
    assert isinstance(found[1], ValueError)


async def test_who_is_done_does_not_wait_for_one_that_takes_long(
    decoders: Decoders[bytes], gate: Gate
) -> None:
    """The slow file is still being decoded when the answer comes; so it is the next time."""
    for _ in range(2):
        gate.open.clear()
        gate.slow.clear()
        first, slow, behind = await waiting(decoders, b"one", SLOW, b"two")
        gate.open.set()
        assert await asyncio.wait_for(first, 10) == b"ONE"
        assert not slow.done()
        gate.slow.set()
        assert (await slow, await behind) == (b"SLOW", b"TWO")


async def test_who_has_gone_holds_up_nobody(decoders: Decoders[bytes], gate: Gate) -> None:
    """The others get theirs."""
    gone, stays = await waiting(decoders, b"one", b"two")
    gone.cancel()
    gate.open.set()
    assert await stays == b"TWO"
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_several_threads_lose_and_double_nothing(gate: Gate) -> None:
    """Two thousand files through four threads, again and again so few that some are told at once."""
    gate.open.set()
    decoders = Decoders(4, gate)
    files = [b"%04d" % number for number in range(2000)]
    found: list[bytes] = []
    for start in range(0, len(files), 40):
        found += await asyncio.wait_for(
            asyncio.gather(*(decoders.decode(data) for data in files[start : start + 40])), 10
        )
    decoders.close()
    assert found == files
    assert sorted(gate.seen) == files


def until(reached: Callable[[], bool]) -> None:
    """Wait until something has been reached; ten seconds at most."""
    for _ in range(1000):
        if reached():
            return
        time.sleep(0.01)
    raise AssertionError("expected it to be reached within ten seconds")
