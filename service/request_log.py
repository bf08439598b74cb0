"""The log lines of requests: written by the thousand, so put together by hand."""

from collections.abc import Callable, Sequence
from time import gmtime, strftime, time

from service.exchange import Tally


class Clock:
    """The time in ISO 8601, UTC, to the millisecond; the seconds are formatted once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def now(self) -> str:
        """Return the time."""
        at = time()
        second = int(at)
        if second != self._second:
            self._second, self._text = second, strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return f"{self._text}.{int((at - second) * 1000):03d}Z"


class RequestLog:
    """One line for each request: route template, status, sizes and time, but never a path, a header or a body."""

    def __init__(self, write: Callable[[bytes], None], *, as_json: bool) -> None:
        self._write, self._as_json = write, as_json
        self._clock = Clock()

    def __call__(self, tallies: Sequence[Tally]) -> None:
        """Write the lines of requests that were answered a moment ago."""
        at, line = self._clock.now(), self._line
        for tally in tallies:
            self._write(line(at, tally).encode())

    def _line(self, at: str, tally: Tally) -> str:
        request_id, method, route, status, received, sent, seconds, _ = tally
        if self._as_json:
            return (
                f'{{"time":"{at}","level":"info","message":"request","request_id":"{request_id}","method":"{method}",'
                f'"route":"{route}","status":{status},"received":{received},"sent":{sent},"ms":{1000 * seconds:.3f}}}\n'
            )
        return f"{at} info {method} {route} {status} {1000 * seconds:.1f} ms {request_id}\n"
