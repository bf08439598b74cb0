"""One request on the straight way: what came in, what goes out, and how long each part took.

The routes that carry the load are plain functions ``async (Exchange) -> Answer``. They parse their own body, because a
request object, dependency injection and a response model together cost more than reading the digit does.
"""

from collections.abc import Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from service.errors import ApiError, BodyTooLarge, Overloaded

PHASES = ("receive", "decode", "normalise", "queue", "forward", "encode")


class Answer:
    """A whole response."""

    __slots__ = ("body", "headers", "media", "status")

    def __init__(
        self,
        body: bytes,
        status: int = 200,
        media: bytes = b"application/json",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.media = media
        self.headers = headers


class Tally(NamedTuple):
    """What is counted and logged of one request.

    Attributes:
        request_id: that the answer named.
        method: of the request, or ``other``.
        route: its template, never a path.
        status: of the answer.
        received: bytes of the request's body, and ``sent``, of the answer's.
        seconds: from the request to the answer.
        phases: seconds in each of ``PHASES``; the first is 0 where nothing was read.
    """

    request_id: str
    method: str
    route: str
    status: int
    received: int
    sent: int
    seconds: float
    phases: Sequence[float]


class Budget:
    """The bytes of request bodies that one process holds at once, over all requests.

    Attributes:
        held: bytes of requests that are being answered.
    """

    __slots__ = ("_most", "held")

    def __init__(self, most: int) -> None:
        self._most, self.held = most, 0

    def take(self, size: int) -> None:
        """Hold more bytes.

        Raises:
            Overloaded: they would be too many.
        """
        if self.held + size > self._most:
            raise Overloaded(f"expected fewer than {self._most} bytes of requests at once, got more")
        self.held += size

    def give_back(self, size: int) -> None:
        """Hold fewer bytes."""
        self.held -= size


class Exchange:
    """A request being answered.

    Args:
        scope: of ASGI.
        receive: of ASGI.
        budget: bytes of the body are taken from it; whoever made the exchange gives back what was ``received``.

    Attributes:
        began: when the first byte reached us, by ``perf_counter``.
        seconds: spent in each phase of ``PHASES``, in their order.
        received: bytes of the body so far.
        headers: of the request, by name in lowercase letters; of several with one name the last.
        expects_more: the client may still be sending its body.
    """

    __slots__ = ("_budget", "began", "expects_more", "headers", "receive", "received", "scope", "seconds")

    def __init__(self, scope: Scope, receive: Receive, budget: Budget | None = None) -> None:
        self._budget = budget
        self.scope = scope
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.receive = receive
        self.began = perf_counter()
        self.seconds = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        self.received = 0
        self.expects_more = True

    def took(self, size: int) -> None:
        """Say that bytes of the body have come.

        Raises:
            Overloaded: this process holds too many already.
        """
        if self._budget is not None:
            self._budget.take(size)
        self.received += size

    def require_at_most(self, limit: int) -> None:
        """Refuse a body that says it has more bytes, before any of it is read.

        Raises:
            BodyTooLarge: it does.
        """
        declared = self.header(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > limit:
            raise BodyTooLarge(limit)

    def header(self, name: bytes) -> bytes | None:
        """Return a header's value; its name in lowercase letters."""
        return self.headers.get(name)

    @property
    def leaves_much(self) -> bool:
        """Whether more of the body may still come than the server should read and throw away by itself."""
        if not self.expects_more:
            return False
        declared = self.headers.get(b"content-length", b"0")
        waits = b"transfer-encoding" in self.headers or b"expect" in self.headers
        return waits or not declared.isdigit() or int(declared) > LITTLE

    def query(self, *known: str) -> dict[str, str]:
        """Return the parameters of the query.

        Raises:
            ApiError: 422, one is unknown or given twice.
        """
        raw: bytes = self.scope["query_string"]
        if not raw:
            return {}
        found: dict[str, str] = {}
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError as error:
            raise ApiError(400, "expected a query of UTF-8 in percent encoding, got another") from error
        for name, value in pairs:
            if name not in known:
                raise ApiError(
                    422, f"expected only {', '.join(known) or 'no parameters'} in the query, got another"
                )
            if name in found:
                raise ApiError(422, f"expected {name} once in the query, got it twice", field=name)
            found[name] = value
        return found


def answers_head(path: str) -> bool:
    """Whether HEAD is answered where GET is: not for events, which are no document, and never end."""
    return not path.endswith("/events")


LITTLE = 65_536
"""Bytes of an unread body over which a connection is not worth keeping."""

Handler = Callable[[Exchange], Coroutine[Any, Any, Answer]]
"""Answers a request, or raises an error of ``service.errors.STATUS``."""
