"""Talking to a running service."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import quote

import typer

from model.errors import ModelError
from service.cli.output import of_the_group

if TYPE_CHECKING:
    import httpx

MOST_FAILURES = 30
"""Times that a stream of events may break, be refused for now or end without any, a second apart, before it is given up."""

PASSING = (502, 503, 504)
"""Statuses of a service that restarts, and of the proxy before it."""

TIMEOUT = 30.0
"""Seconds to wait for an answer; longer than the service's own heartbeat on a stream."""

UrlOption = Annotated[
    str, typer.Option(envvar="NUMERAL_URL", help="The service to ask.", callback=of_the_group)
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="NUMERAL_API_KEY",
        help="For a service that wants one.",
        callback=of_the_group,
    ),
]
HERE = "http://127.0.0.1:8000"


_NO_URL = f"expected the URL of a service, such as {HERE}"


class RemoteError(ModelError):
    """The service refused, or could not be reached."""


class ServiceAway(RemoteError):
    """The service refused for now."""


class Remote:
    """A running service. As a context manager it keeps its connection open from one question to the next.

    Args:
        url: of its root.
        api_key: if it wants one.
    """

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self._url, self._headers = url, {"X-API-Key": api_key} if api_key else {}
        self._kept: httpx.Client | None = None

    def __enter__(self) -> Self:
        """Keep the connection from here on."""
        self._kept = self._client()
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _client(self) -> "httpx.Client":
        import httpx

        try:
            return httpx.Client(base_url=self._url, headers=self._headers, timeout=TIMEOUT)
        except httpx.InvalidURL as error:
            raise RemoteError(_NO_URL) from error

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of an answer, or None if it has no body.

        Raises:
            RemoteError: the service refused, or could not be reached.
        """
        answer = self._send(method, path, **options)
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise RemoteError("expected JSON from the service, got another answer") from error

    def download(self, path: str, file: Path) -> int:
        """Write an answer to a file and return its size.

        Raises:
            RemoteError: the service refused, or could not be reached.
        """
        return file.write_bytes(self._send("GET", path).content)

    def _send(self, method: str, path: str, **options: Any) -> "httpx.Response":
        import httpx

        try:
            with nullcontext(self._kept) if self._kept else self._client() as client:
                answer = client.request(method, path, **options)
        except httpx.UnsupportedProtocol as error:
            raise RemoteError(_NO_URL) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RemoteError(self._silence(error)) from error
        if not answer.is_success:
            raise RemoteError(_reason(answer))
        return answer

    def _silence(self, error: Exception) -> str:
        """Say that nothing came, and why, as far as the error tells."""
        why = str(error) or type(error).__name__
        return f"expected an answer from {self._url}, got none: {why}"

    def follow(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield a job as it changes, until it ends; the connection is made anew when it breaks.

        Raises:
            RemoteError: the service refused, or could not be reached for a while.
        """
        import httpx

        last, failures = "", 0
        while True:
            before = last
            try:
                headers = {"Last-Event-ID": last} if last else {}
                path = f"/train/{quote(job_id, safe='')}/events"
                with self._client() as client, client.stream("GET", path, headers=headers) as answer:
                    _require_events(answer)
                    if answer.status_code == 204:
                        return
                    for number, job in _events(answer.iter_lines()):
                        last, failures = number, 0
                        yield job
                if last != before:  # it ended with the job, or will go on
                    continue
                problem = "expected the service to answer: the stream of events ended before the job"
            except ServiceAway as error:
                problem = str(error)
            except httpx.TransportError as error:
                problem = self._silence(error)
            failures += 1
            if failures > MOST_FAILURES:
                raise RemoteError(problem)
            _pause()


def _pause() -> None:
    import time

    time.sleep(1)


def _require_events(answer: "httpx.Response") -> None:
    if not answer.is_success:
        answer.read()
        kind = ServiceAway if answer.status_code in PASSING else RemoteError
        raise kind(_reason(answer))


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the id and data of server-sent events (WHATWG HTML, section 9.2); ours have one line of data each."""
    number = ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            number = value
        elif name == "data":
            try:
                job = json.loads(value)
            except ValueError as error:
                raise RemoteError("expected events in JSON from the service, got others") from error
            yield number, job


def _reason(answer: "httpx.Response") -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"expected the service to agree, got {answer.status_code} {answer.reason_phrase}"
