"""Rounds of the threads that decode: who waits hears of his own picture, with those beside it or before a long one."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import service.decoders as module
from service.decoders import SHORT, Decoders

LONG = b"l" * (SHORT + 1)


class Gate:
    """Decodes a file once it is let through, and writes down which ones."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.seen: list[bytes] = []

    def __call__(self, data: bytes) -> bytes:
        """Return the file in capitals."""
        self.open.wait(10)
        self.seen.append(data)
        if data == b"torn":
            raise ValueError("torn")
        return data[:4].upper()


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
    made.close()


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each round hands over."""
    sizes: list[int] = []
    tell = module._tell

    def told(done: list[tuple[Any, Any]]) -> None:
        sizes.append(len(done))
        tell(done)

    monkeypatch.setattr(module, "_tell", told)
    monkeypatch.setattr(module, "ROUND", 60.0)
    return sizes


async def waiting(decoders: Decoders[bytes], *files: bytes) -> "list[asyncio.Task[bytes]]":
    """Tasks that wait for the files, in their order."""
    tasks = [asyncio.create_task(decoders.decode(data)) for data in files]
    await asyncio.sleep(0)
    return tasks


async def test_files_that_wait_are_handed_over_together_each_to_its_own(
    decoders: Decoders[bytes], gate: Gate, rounds: list[int]
) -> None:
    """Also beside one that cannot be decoded."""
    tasks = await waiting(decoders, b"one", b"torn", b"two")
    gate.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert found[0] == b"ONE"
    assert isinstance(found[1], ValueError)
    assert found[2] == b"TWO"
    assert rounds == [3]


async def test_a_long_file_begins_a_round(decoders: Decoders[bytes], gate: Gate, rounds: list[int]) -> None:
    """So that none that is done waits for it; short ones behind it go with it."""
    tasks = await waiting(decoders, b"one", LONG, b"two", LONG)
    gate.open.set()
    assert await asyncio.gather(*tasks) == [b"ONE", b"LLLL", b"TWO", b"LLLL"]
    assert rounds == [1, 2, 1]


async def test_a_round_ends(
    decoders: Decoders[bytes], gate: Gate, rounds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its time is over, every file is told of at once."""
    monkeypatch.setattr("service.decoders.ROUND", 0.0)
    tasks = await waiting(decoders, b"one", b"two", b"three")
    gate.open.set()
    assert await asyncio.gather(*tasks) == [b"ONE", b"TWO", b"THRE"]
    assert rounds == [1, 1, 1]


async def test_who_has_gone_holds_up_nobody(decoders: Decoders[bytes], gate: Gate) -> None:
    """The others of the round get theirs."""
    gone, stays = await waiting(decoders, b"one", b"two")
    gone.cancel()
    gate.open.set()
    assert await stays == b"TWO"
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_several_threads_lose_and_double_nothing(gate: Gate, rounds: list[int]) -> None:
    """Two hundred files through four threads, long ones among them."""
    gate.open.set()
    decoders = Decoders(4, gate)
    files = [LONG if number % 7 == 0 else b"%03d" % number for number in range(200)]
    found = await asyncio.gather(*(decoders.decode(data) for data in files))
    decoders.close()
    assert found == [data[:4].upper() for data in files]
    assert sorted(gate.seen) == sorted(files)
    assert sum(rounds) == 200
