"""What the API, the log and the worker say of a database that cannot be used."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.registry import Registry
from service.app import create_app
from service.database import open_database
from service.record_errors import DatabaseUnavailable, JobNotFound
from service.records import Records
from service.settings import Settings
from tests.service.conftest import client_of
from tests.service.homes import tiny, until


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """The records of an empty home."""
    settings = Settings(home=tmp_path)
    records = Records(settings, Registry.open(settings.store).store)
    yield records
    records.close()


def limit(records: Records, pragma: str) -> None:
    """Let every connection to the database have a limit from now on."""
    with records.jobs():
        engine = records._engine
    engine.dispose()
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}"))


@pytest.mark.parametrize(
    ("pragma", "found", "name"),
    [
        ("max_page_count=1", "a full disk", "SQLITE_FULL"),
        ("query_only=ON", "one that cannot be written", "SQLITE_READONLY"),
    ],
)
def test_what_keeps_the_database_from_being_written_is_said(
    records: Records, caplog: pytest.LogCaptureFixture, pragma: str, found: str, name: str
) -> None:
    """To whoever asked, and once in the log with the error of the database; reading it does not say that it is over."""
    caplog.set_level(logging.INFO, "numeral.records")
    limit(records, pragma)
    for _ in range(2):
        with (
            pytest.raises(DatabaseUnavailable, match=f"got {found}; try again soon"),
            records.jobs(writing=True) as jobs,
        ):
            jobs.submit({**tiny().to_dict(), "name": "x" * 100_000})
        with records.jobs() as jobs:
            assert jobs.newest(1) == []
        with pytest.raises(JobNotFound), records.jobs() as jobs:
            jobs.get("none")
    with records.jobs(writing=True):  # as if it had been written
        pass
    assert [record.getMessage() for record in caplog.records if record.name == "numeral.records"] == [
        f"expected the database to answer, got {found}; try again soon ({name})",
        "the database answers again",
    ]


async def test_the_database_is_looked_at_when_an_api_without_a_worker_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker beside it would have told; the start waits for nothing."""
    settings = Settings(home=tmp_path, no_worker=True, database_url="postgresql://me:hidden@127.0.0.1:1/db")
    app = create_app(settings)
    async with app.running(), client_of(app) as client:
        assert (await client.get("/health/ready")).status_code == 200
        await asyncio.to_thread(until, lambda: any(one.name == "numeral.records" for one in caplog.records))
    (said,) = [record for record in caplog.records if record.name == "numeral.records"]
    assert said.getMessage().startswith("expected the database to answer, got nothing; try again soon (")
    assert "hidden" not in said.getMessage()


def test_a_worker_without_a_database_ends_with_one_sentence(tmp_path: Path) -> None:
    """No traceback: there is nothing of ours to mend."""
    (tmp_path / "numeral.sqlite").mkdir()
    command = [sys.executable, "-m", "service.worker_process", "--alive", "1", "--parent", "0"]
    environment = {"NUMERAL_HOME": str(tmp_path), "NUMERAL_LOG_FORMAT": "text"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as worker:
        assert worker.stderr is not None
        said = worker.stderr.read().decode()
    (line,) = [line for line in said.splitlines() if "ends at once" in line]
    assert "got a file that cannot be opened or made; try again soon (SQLITE_CANTOPEN" in line
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_made_for_the_database_is_said(tmp_path: Path) -> None:
    """Without its path."""
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"got no folder for it \(Not a directory\)"):
        open_database(f"sqlite:///{tmp_path}/file/below/numeral.sqlite")
