"""What answers before FastAPI is there, and what waits for it."""

import asyncio
import logging
import threading
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.later import Later
from service.settings import Settings
from tests.service.conftest import client_of, loaded
from tests.service.homes import until
from tests.service.pictures_of_digits import digits, png


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says one thing."""
    del scope, receive
    await send({"type": "http.response.start", "status": 200})


async def asked(later: Later[ASGIApp]) -> list[int]:
    """The statuses of ten answers, asked for at once."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        statuses.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.request"}

    await asyncio.gather(*(later({"type": "http"}, receive, send) for _ in range(10)))
    return statuses


async def test_requests_wait_for_one_making() -> None:
    """Ten ask at once while it takes a while: all are answered, and it is made once."""
    made = []

    def make() -> ASGIApp:
        made.append(threading.current_thread())
        sleep(0.2)
        return answering

    later = Later(make)
    later.begin()
    answers = asyncio.ensure_future(asked(later))
    await asyncio.sleep(0.05)
    running = sum(thread.name.startswith("asyncio_") for thread in threading.enumerate())
    assert await answers == [200] * 10
    assert len(made) == 1
    assert made[0].name == "fastapi"
    assert running == 0, "who waits takes no thread from others"


async def test_who_leaves_does_not_end_the_making() -> None:
    """A client hangs up while it waits; the next one is answered."""
    go = threading.Event()

    def make() -> ASGIApp:
        go.wait(10)
        return answering

    later = Later(make)
    left = asyncio.ensure_future(asked(later))
    await asyncio.sleep(0.01)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    go.set()
    assert await asked(later) == [200] * 10


async def test_what_could_not_be_made_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, and the next request makes it."""
    attempts = []

    def make() -> ASGIApp:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("no memory for it just now")
        return answering

    later = Later(make)
    with caplog.at_level(logging.ERROR, "numeral.later"):
        later.begin()
        await asyncio.to_thread(until, lambda: bool(caplog.records))
    assert "could not be made" in caplog.text
    assert await asked(later) == [200] * 10
    assert len(attempts) == 2


async def test_the_straight_way_needs_no_fastapi(tmp_path: Path) -> None:
    """A picture is read and the probes are answered without it; the first other request makes it."""
    with loaded(Settings(home=tmp_path)) as app:
        async with client_of(app) as client:
            headers = {"Content-Type": "image/png"}
            read = await client.post("/predict", content=png(digits(1)[0]), headers=headers)
            assert read.status_code == 200
            assert (await client.get("/health/live")).json() == {"status": "live"}
            assert (await client.get("/health/ready")).json() == {"status": "ready", "version": "1"}
            assert (await client.head("/health/ready")).status_code == 200
            assert (await client.get("/v2/health/live")).json() == {"live": True}
            assert (await client.get("/v2/health/ready")).json() == {"ready": True}
            assert app._behind._making is None
            assert (await client.get("/models")).status_code == 200
            assert app._behind._making is not None


async def test_routes_that_cannot_be_made_are_told_to_balancers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures are read all the same; when they can be made after all, everything is well."""

    def broken(*_: object, **__: object) -> None:
        raise OSError("no memory for it just now")

    with loaded(Settings(home=tmp_path)) as app:
        async with client_of(app) as client:
            with monkeypatch.context() as patched:
                patched.setattr("service.api.api_of", broken)
                assert (await client.get("/models")).status_code == 500
                ready = await client.get("/health/ready")
                assert (ready.status_code, ready.json()["reason"]) == (503, "incomplete")
                picture = {"pixels": digits(1)[0].tolist()}
                assert (await client.post("/predict", json=picture)).status_code == 200
            assert (await client.get("/models")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 200


async def test_other_kinds_of_connections_are_refused(tmp_path: Path) -> None:
    """Nothing is started or ended for them."""

    async def never(*_: object) -> Any:
        raise AssertionError

    with loaded(Settings(home=tmp_path)) as app:
        with pytest.raises(RuntimeError, match="got websocket"):
            await app({"type": "websocket"}, never, never)
        async with client_of(app) as client:
            assert (await client.get("/health/ready")).status_code == 200
