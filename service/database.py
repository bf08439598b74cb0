"""The one database: jobs and their history, examples and workers, beside the tables of DBOS; SQLite or Postgres.

Loading SQLAlchemy takes half a second, so a process that answers predictions imports this module when it is first needed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service.record_errors import DatabaseUnavailable

metadata = sa.MetaData()

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),  # the order of submission
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("owner", sa.Text, nullable=False),  # the API key that submitted it; empty where none is needed
    sa.Column("idempotency_key", sa.Text),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("progress", sa.JSON),
    sa.Column("result", sa.JSON),
    sa.Column("error", sa.Text),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("started_at", sa.Text),
    sa.Column("finished_at", sa.Text),
    sa.Column("run", sa.Integer, nullable=False),  # how often it was put in the queue
    sa.Column("attempt", sa.Integer, nullable=False),  # the fencing token: only its newest holder may write
    sa.Column("tries", sa.Integer, nullable=False),  # attempts since the last checkpoint
    sa.Column("worker", sa.Text),
    sa.Column("publishing", sa.Boolean, nullable=False),  # past the point where it can be cancelled
    sa.Column("checkpoint", sa.Text),  # key in the object store
    sa.Column("checkpoint_digest", sa.Text),
    sa.Column("events", sa.Integer, nullable=False),  # the number of the last event
    sa.UniqueConstraint("owner", "idempotency_key"),
)

job_events = sa.Table(
    "job_events",
    metadata,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("data", sa.JSON, nullable=False),  # the job as it then was
)

job_requests = sa.Table(
    "job_requests",
    metadata,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column(
        "digest", sa.Text, nullable=False
    ),  # of the configuration as it was asked for, aliases unresolved
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),  # by the clock of the database
)

examples = sa.Table(
    "examples",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # SHA-256 of the normalised pixels
    sa.Column("label", sa.Integer, nullable=False, index=True),
    sa.Column("pixels", sa.LargeBinary, nullable=False),  # 784 bytes, 0 paper to 255 ink
    sa.Column("original", sa.Text),  # key in the object store
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Text, nullable=False),
)

_LOCK = 0x6E756D6572616C  # "numeral": the advisory lock that `exclusive` takes

_POSTGRES_CLIENT = {  # a peer that vanished is noticed within seconds, on both sides
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "options": "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=5000 -c idle_in_transaction_session_timeout=10000",
}

_SQLITE = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # what was acknowledged survives a power cut too
    "PRAGMA foreign_keys=ON",
)


def open_database(url: str) -> sa.Engine:
    """Return an engine for ``sqlite:///path`` or ``postgresql://…``, with our tables made.

    Raises:
        ValueError: another kind of database.
        sqlalchemy.exc.OperationalError: it cannot be reached.
        DatabaseUnavailable: there is no folder for its file, and none can be made.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _sqlite(parsed)
    elif parsed.get_backend_name() == "postgresql":
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            connect_args=_POSTGRES_CLIENT,
        )
    else:
        raise ValueError(f"expected a sqlite or postgresql URL, got {parsed.get_backend_name()}")
    with exclusive(engine) as connection:
        metadata.create_all(connection)
    return engine


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database is None or url.database in {"", ":memory:"}:
        raise ValueError("expected the path of a SQLite file, got a database in memory")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"no folder for it ({error.strerror})") from error
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in _SQLITE:
            connection.execute(pragma)

    return engine


_SQLITE_TROUBLE = {
    "SQLITE_FULL": "a full disk",
    "SQLITE_READONLY": "one that cannot be written",
    "SQLITE_CANTOPEN": "a file that cannot be opened or made",
    "SQLITE_IOERR": "an error of the disk, which may be full",
    "SQLITE_BUSY": "one that others keep locked",
    "SQLITE_CORRUPT": "a damaged file",
    "SQLITE_NOTADB": "a file that is no database",
}
_UNWRITABLE = ("SQLITE_FULL", "SQLITE_READONLY")
"""What keeps a database from being written alone."""


def unavailable(error: Exception) -> DatabaseUnavailable | None:
    """Return what keeps the database from answering; None if the error is of another kind, such as a mistake of ours."""
    if isinstance(error, DatabaseUnavailable):
        return error
    expected = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
    if not isinstance(error, expected) and type(error) is not sa.exc.DatabaseError:  # which a damaged file is
        return None
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")  # such as SQLITE_READONLY_DIRECTORY
    found = (words for kind, words in _SQLITE_TROUBLE.items() if name.startswith(kind))
    return DatabaseUnavailable(next(found, "nothing"), readable=name.startswith(_UNWRITABLE))


def cause(error: BaseException | None) -> str:
    """Return what the database itself said, without the address it is at, for the log."""
    said = getattr(error, "orig", None) or error
    name = getattr(said, "sqlite_errorname", None)
    return name or str(said).partition("\n")[0].rpartition(": ")[2] or type(said).__name__


@contextmanager
def exclusive(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that no other ``exclusive`` one overlaps, in any process: what it reads still holds when it writes."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection
