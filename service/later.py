"""An ASGI application that is not there yet when the service begins to answer.

Importing FastAPI and describing all routes takes a third of a start, and the straight way needs none of it.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

App = TypeVar("App", bound=ASGIApp)

log = logging.getLogger("numeral.later")


class Later(Generic[App]):
    """Makes an application in a thread of its own, once, and lets requests that need it wait for it.

    Args:
        make: returns the application. After a failure, the next request that needs it lets it be made again.
    """

    def __init__(self, make: Callable[[], App]) -> None:
        self._make, self._lock = make, Lock()
        self._making: Future[App] | None = None

    def begin(self) -> "Future[App]":
        """Return the application that is there, or will be."""
        with self._lock:
            making = self._making
            if making is None or (making.done() and making.exception() is not None):
                making = self._making = Future()
                Thread(target=self._run, args=(making,), name="fastapi", daemon=True).start()
            return making

    def _run(self, making: "Future[App]") -> None:
        try:
            making.set_result(self._make())
        except Exception as error:
            log.exception("the routes behind FastAPI could not be made; the next request for one tries again")
            making.set_exception(error)

    def app(self) -> App:
        """Return the application, and wait for it if need be."""
        return self.begin().result()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as soon as the application is there."""
        making = self.begin()
        # Not a thread for each who waits: those are for other work. Who leaves does not end the making.
        app = making.result() if making.done() else await asyncio.shield(asyncio.wrap_future(making))
        await app(scope, receive, send)
