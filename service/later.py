"""An ASGI application that is not there yet when the service begins to answer.

Importing FastAPI and describing all routes takes a third of a start, and the straight way needs none of it.
"""

import asyncio
import logging
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

App = TypeVar("App", bound=ASGIApp)

log = logging.getLogger("numeral")


class Later(Generic[App]):
    """Makes an application in a thread, once, and lets requests that need it wait for it.

    Args:
        make: returns the application.
        then: is called when it is there.
    """

    def __init__(self, make: Callable[[], App], then: Callable[[], object]) -> None:
        self._make, self._then, self._lock = make, then, Lock()
        self._app: App | None = None

    def begin(self) -> None:
        """Make it from now on, in a thread."""
        Thread(target=self._begin, name="fastapi", daemon=True).start()

    def _begin(self) -> None:
        try:
            self.app()
        except Exception:
            log.exception("the routes behind FastAPI could not be made; the next request for one tries again")

    def app(self) -> App:
        """Return the application; the first to ask makes it, and others wait."""
        with self._lock:
            first = self._app is None
            app = self._app = self._make() if self._app is None else self._app
        if first:
            self._then()
        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as soon as the application is there."""
        app = self._app if self._app is not None else await asyncio.to_thread(self.app)
        await app(scope, receive, send)
