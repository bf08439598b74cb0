"""Log lines: whole, in order, and never in anybody's way."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from service.exchange import Tally
from service.logs import MOST_WAITING, Handler, LineWriter
from service.request_log import RequestLog


def test_lines_come_out_whole_and_in_order() -> None:
    """Through a pipe, all of them, once the writer is closed."""
    reader, pipe = os.pipe()
    writer = LineWriter(pipe)
    writer.start()
    for number in range(1000):
        writer.write(b"%d\n" % number)
    writer.close()
    os.close(pipe)
    with os.fdopen(reader, "rb") as lines:
        assert [int(line) for line in lines] == list(range(1000))


def test_who_does_not_read_holds_nobody_up() -> None:
    """A full pipe costs lines, not time; how many were dropped is said when somebody reads again."""
    reader, pipe = os.pipe()
    os.set_blocking(pipe, False)
    writer = LineWriter(pipe)
    for _ in range(MOST_WAITING + 7):
        writer.write(b"x" * 99 + b"\n")
    writer.start()
    with os.fdopen(reader, "rb") as lines:
        found = [lines.readline() for _ in range(MOST_WAITING + 1)]
        writer.close()
    os.close(pipe)
    assert orjson.loads(found[-1])["message"] == "7 log lines dropped"


def test_a_held_writer_writes_at_once() -> None:
    """For a parent that must have no threads."""
    reader, pipe = os.pipe()
    writer = LineWriter(pipe)
    writer.hold()
    writer.write(b"now\n")
    assert os.read(reader, 100) == b"now\n"
    os.close(pipe)
    os.close(reader)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_request_is_one_line(as_json: bool) -> None:
    """With its id, route, status, sizes and time."""
    lines: list[bytes] = []
    RequestLog(lines.append, as_json=as_json)([Tally("id7", "POST", "/predict", 200, 3, 5, 0.25, [0.0] * 6)])
    assert len(lines) == 1
    assert lines[0].endswith(b"\n")
    if as_json:
        line = orjson.loads(lines[0])
        time = line.pop("time")
        assert time.endswith("Z")
        assert line == {
            "level": "info", "message": "request", "request_id": "id7", "method": "POST", "route": "/predict",
            "status": 200, "received": 3, "sent": 5, "ms": 250.0,
        }  # fmt: skip
    else:
        assert b"POST /predict 200 250.0 ms id7" in lines[0]


def test_a_message_with_line_feeds_stays_one_line() -> None:
    """What a message holds cannot forge another line."""
    lines: list[bytes] = []
    error = ValueError("bad\nvalue")
    record = logging.LogRecord(
        "test", logging.ERROR, "", 0, 'two\nlines "and" quotes', None, (type(error), error, None)
    )
    Handler(lines.append, as_json=True).handle(record)
    assert len(lines) == 1
    assert lines[0].count(b"\n") == 1
    line = orjson.loads(lines[0])
    assert line["message"] == 'two\nlines "and" quotes'
    assert "ValueError" in line["traceback"]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_message_that_is_no_unicode_is_spelt_out(as_json: bool) -> None:
    """Lone surrogates, as the name of a file may hold, cannot be encoded."""
    lines: list[bytes] = []
    record = logging.LogRecord("test", logging.INFO, "", 0, "no file %s", ("\udcff.png",), None)
    Handler(lines.append, as_json=as_json).handle(record)
    message = orjson.loads(lines[0])["message"] if as_json else lines[0].decode()
    assert r"no file \udcff.png" in message


def test_a_record_that_cannot_be_written_does_not_stop_who_logs(capsys: pytest.CaptureFixture[str]) -> None:
    """A message that does not fit its values is reported by the standard library, as with handlers of its own."""
    lines: list[bytes] = []
    Handler(lines.append, as_json=True).handle(
        logging.LogRecord("test", logging.INFO, "", 0, "%d pictures", ("no number",), None)
    )
    assert lines == []
    assert "Logging error" in capsys.readouterr().err


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_worker_logs_as_the_service_does(log_format: str, tmp_path: Path) -> None:
    """Every line of `numeral worker`, of DBOS too, is in the one format that was set."""
    environment = {**os.environ, "NUMERAL_HOME": str(tmp_path), "NUMERAL_LOG_FORMAT": log_format}
    command = [sys.executable, "-c", "from service.cli.main import app; app()", "worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.terminate()
        lines = [line, *process.stderr.read().splitlines()]
    assert b"is ready" in line
    for line in lines:
        assert line.startswith(b"{") == (log_format == "json"), line
    if log_format == "json":
        assert {orjson.loads(line)["level"] for line in lines} == {"info"}
        named = {orjson.loads(line)["logger"].partition(".")[0] for line in lines}
        assert named <= {"numeral", "dbos"}
