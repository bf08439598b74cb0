"""Log lines of every process: one JSON object each, without anything a client sent.

A line is handed to a thread and written with others a moment later. The event loop therefore never waits for whoever
reads the log; when nobody reads it, lines are dropped and counted.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from model.clock import timestamp

MOST_WAITING = 20_000
PAUSE = 0.1
"""Lines kept while nobody reads them, and seconds between writes."""


class LineWriter:
    """Writes lines to a file descriptor from a thread of its own."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._dropped = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._held = False

    def hold(self) -> None:
        """Write each line at once from now on, without a thread, until ``start``: for a parent that will fork."""
        self._flush()
        self._held = True

    def start(self) -> None:
        """Write from now on; what was handed over before is written first."""
        self._held = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: bytes) -> None:
        """Hand over a line that ends with a line feed."""
        if len(self._lines) < MOST_WAITING:
            self._lines.append(line)
        else:
            self._dropped += 1
        if self._held:
            self._flush()

    def close(self) -> None:
        """Write what is left, but do not wait long for a reader that does not read."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1)
            self._thread = None

    def _run(self) -> None:
        while not self._stop.wait(PAUSE):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            lines.append(
                orjson.dumps({"level": "warning", "message": f"{dropped} log lines dropped"}) + b"\n"
            )
        data = memoryview(b"".join(lines))
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                self._stop.wait(PAUSE)
            except OSError:
                return


class Handler(logging.Handler):
    """Hands log records to a line writer as JSON or text."""

    def __init__(self, write: Callable[[bytes], None], *, as_json: bool) -> None:
        super().__init__()
        self._write, self._as_json = write, as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; one that cannot be written is said to be so, and troubles nobody else."""
        try:
            self._write(self._line(record))
        except Exception:  # noqa: BLE001 - whoever logs something goes on, whatever is wrong with it
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> bytes:
        fields = {
            "time": timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = logging.Formatter().formatException(record.exc_info)
        if self._as_json:
            return orjson.dumps({name: _encodable(text) for name, text in fields.items()}) + b"\n"
        text = " ".join(fields[name] for name in ("time", "level", "message", "traceback") if name in fields)
        return _encodable(text).encode() + b"\n"


def _encodable(text: str) -> str:
    """Return a string with lone surrogates, as names of files may hold, spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()


def configure(writer: LineWriter, *, as_json: bool) -> None:
    """Send what the standard library logs to the writer."""
    root, handler = logging.getLogger(), Handler(writer.write, as_json=as_json)
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    dbos = logging.getLogger("dbos")  # would bring a handler of its own, in another format, if it had none
    dbos.handlers[:], dbos.propagate = [handler], False
