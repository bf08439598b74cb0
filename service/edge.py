"""The outermost layer: what happens to every request, and the straight way to the routes that carry the load.

A request gets an id, is counted, timed and logged; its key is checked; an error becomes a document. The hot routes are
found by one look into a dictionary and answer with bytes; everything else goes through FastAPI, which also describes the
hot routes in its OpenAPI document.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from itertools import count
from time import perf_counter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import origin
from service.at_once import answer_at_once
from service.errors import ApiError, Overloaded, as_api_error, error_body
from service.exchange import PHASES, Answer, Budget, Exchange, Handler, Tally, answers_head
from service.heads import LINGER
from service.keys import Keys
from service.metrics import ROUTES
from service.request_log import RequestLog
from service.services import Services

GATHER = 0.01
"""Seconds for which answered requests are gathered, to be counted and logged together: one by one takes twice as long."""

_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_METHODS = _READING | {"POST", "PUT", "DELETE", "PATCH"}
_KNOWN = frozenset(ROUTES)
_TIMING = ", ".join(f"{phase};dur=%.3f" for phase in PHASES).encode()
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")

log = logging.getLogger("numeral.requests")


class Edge:
    """Everything between the server and the routes."""

    def __init__(
        self,
        app: ASGIApp,
        hot: Mapping[tuple[str, str], Handler],
        services: Services,
        keys: Keys,
        request_log: RequestLog | None,
    ) -> None:
        self._app, self._hot, self._keys = app, hot, keys
        self._metrics, self._lifecycle, self._log = services.metrics, services.lifecycle, request_log
        settings = services.settings
        self._named = keys.needed or not origin.is_loopback(settings.host)
        self._origins = frozenset(map(str.encode, settings.origins))
        self._largest = settings.max_batch_bytes
        self._budget = Budget(max(settings.max_bytes_in_flight, settings.max_batch_bytes))
        self._tallies: list[Tally] = []
        self._prefix, self._numbers = secrets.token_hex(4), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, self._budget)
        request_id = f"{self._prefix}{next(self._numbers):08x}"
        metrics, method, path = self._metrics, scope["method"], scope["path"]
        metrics.in_flight.add(metrics.in_flight.offset)
        handler = self._hot.get(("GET" if method == "HEAD" else method, path))
        status, sent, route = 500, 0, path if handler is not None else "other"
        try:
            if method not in _READING:
                if (
                    b"sec-fetch-site" in exchange.headers or b"origin" in exchange.headers
                ):  # which a browser sends
                    origin.require_own(exchange, named=self._named, allowed=self._origins)
                if self._keys.needed:
                    owner = self._keys.owner(exchange.header(b"authorization"), exchange.header(b"x-api-key"))
                    scope["numeral.owner"] = owner
            if handler is not None:
                if method in _READING:  # whose handlers look at no body
                    exchange.require_at_most(self._largest)
                try:
                    answer = await handler(exchange)
                except asyncio.CancelledError:
                    raise _unfinished() from None
                status, sent = answer.status, len(answer.body)
                await self._send(exchange, answer, request_id, send)
            else:
                self.tell()  # whoever asks for metrics sees all that came before
                asked = _asked(scope)
                status, sent = await self._through_app(exchange, asked, request_id, send)
                route = route_of(asked)
        except Exception as error:  # noqa: BLE001 - whatever it is becomes a document
            answer = self._refusal(error, path, request_id)
            status, sent = answer.status, len(answer.body)
            await self._send(exchange, answer, request_id, send)
            route = path if handler is not None else route_of(scope)
        finally:
            seconds = perf_counter() - exchange.began
            metrics.in_flight.add(metrics.in_flight.offset, -1.0)
            self._budget.give_back(exchange.received)
            known = method if method in _METHODS else "other"
            self._remember(
                Tally(request_id, known, route, status, exchange.received, sent, seconds, exchange.seconds)
            )

    def _remember(self, tally: Tally) -> None:
        """Count and log a request soon, together with others."""
        if not self._tallies:
            asyncio.get_running_loop().call_later(GATHER, self.tell)
        self._tallies.append(tally)

    def tell(self) -> None:
        """Count and log what was answered so far."""
        self._metrics.settle()
        tallies, self._tallies = self._tallies, []
        if tallies:
            self._metrics.answered(tallies)
            if self._log is not None:
                self._log(tallies)

    def _refusal(self, error: Exception, path: str, request_id: str) -> Answer:
        known = as_api_error(error)
        if known.status == 500:
            log.error("request %s failed", request_id, exc_info=error)
        self._count_shed(known)
        body, media = error_body(path, known)
        headers = tuple((name.lower().encode(), value.encode()) for name, value in known.headers.items())
        return Answer(body, known.status, media.encode(), headers)

    def _count_shed(self, error: ApiError) -> None:
        if isinstance(error, Overloaded):
            self._metrics.shed.add(self._metrics.shed.offset)

    async def _send(self, exchange: Exchange, answer: Answer, request_id: str, send: Send) -> None:
        headers = [
            (b"content-type", answer.media),
            (b"content-length", b"%d" % len(answer.body)),
            (b"x-request-id", request_id.encode()),
            _NO_SNIFFING,
        ]
        closes = False
        if answer.headers:
            headers += answer.headers
            closes = any(name == b"connection" for name, _ in answer.headers)
        if self._origins:
            headers += origin.permission(exchange, self._origins)
        if exchange.seconds[0]:
            headers.append((b"server-timing", _TIMING % tuple([1e3 * phase for phase in exchange.seconds])))
        linger = answer.status >= 400 and exchange.leaves_much
        if linger or self._lifecycle.draining:
            headers.append((b"connection", b"close"))
        elif not closes and await answer_at_once(send, answer.status, headers, answer.body):
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": linger})
        if linger:
            await _throw_away(exchange.receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _through_app(
        self, exchange: Exchange, asked: Scope, request_id: str, send: Send
    ) -> tuple[int, int]:
        """Let FastAPI answer; return status and bytes sent."""
        # FastAPI would refuse a larger one too, but not with a document of ours.
        exchange.require_at_most(self._largest)
        status, sent, started = 500, 0, False

        async def forward(message: Message) -> None:
            nonlocal status, sent, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                headers = message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
                headers.append(_NO_SNIFFING)
                if self._lifecycle.draining:
                    headers.append((b"connection", b"close"))
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(asked, self._counted(exchange), forward)
        except asyncio.CancelledError as cancelled:
            raise (cancelled if started else _unfinished()) from None
        except Exception:
            if not started:
                raise
            log.exception("request %s failed", request_id)
        return status, sent

    def _counted(self, exchange: Exchange) -> Receive:
        """Return what FastAPI receives the body by: it is counted, and bounded."""

        async def receive() -> Message:
            message = await exchange.receive()
            exchange.expects_more = message.get("more_body", False)
            try:
                exchange.took(len(message.get("body", b"")))
            except ApiError as error:  # of any other error FastAPI would make a malformed body
                self._count_shed(error)
                raise HTTPException(error.status, error.message, error.headers) from error
            return message

        return receive


def _unfinished() -> ApiError:
    """Return what is said when the server, which is about to end, cancels a request."""
    sentence = "expected the request to be done before the service ends, got no more time"
    return ApiError(503, sentence, headers={"Retry-After": "1"})


def _asked(scope: Scope) -> Scope:
    """Return the scope that FastAPI is asked with: HEAD is GET, whose body the server then leaves out (RFC 9110, 9.3.2)."""
    if scope["method"] != "HEAD" or not answers_head(scope["path"]):
        return scope
    return {**scope, "method": "GET"}


async def _throw_away(receive: Receive) -> None:
    """Read what the client still sends, for a moment: a connection closed over unread bytes takes the answer with it."""
    try:
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered, one of ``ROUTES``."""
    route: Any = scope.get("route")
    template: str = getattr(route, "path", None) or ""
    while template and template not in _KNOWN:
        template = template.rpartition("/")[0]
    return template or ("/" if scope["path"] == "/" else "other")
