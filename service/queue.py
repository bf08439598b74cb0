"""The queue of training jobs in DBOS: how jobs get in, and how a worker starts to take them out.

Loading DBOS takes a second, so it is imported when it is first needed: by the first job submitted, or by a worker.
"""

import logging
import sqlite3
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from dbos import DBOSClient

APPLICATION = "numeral"
QUEUE = "training"
WORKFLOW = "train_job"
VERSION = "1"
"""Names the steps that a job consists of. Jobs begun under another number are not taken up: change it with the steps."""

POLLING_SECONDS = 0.5
"""Between two looks for queued jobs."""


def workflow_id(job_id: str, run: int) -> str:
    """Return what DBOS calls a job's run."""
    return f"{job_id}.{run}"


class Enqueuer:
    """Puts jobs in the queue; loads DBOS, and makes its tables if they are missing, at the first call."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def prepare(self) -> None:
        """Load what ``__call__`` needs; to be called outside any transaction."""
        self._client  # noqa: B018 - the property does the work

    def __call__(self, connection: sa.Connection, job_id: str, run: int, owner: str) -> None:
        """Put a job's run in the queue as a part of the connection's transaction."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": workflow_id(job_id, run),
                "app_version": VERSION,
                "application_name": APPLICATION,
                "queue_partition_key": owner or "anonymous",
            },
            job_id,
            run,
        )

    @cached_property
    def _client(self) -> "DBOSClient":
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

        require_sqlite(self._engine)
        logging.getLogger("dbos").setLevel(logging.WARNING)
        DBOS.migrate(self._engine.url.render_as_string(hide_password=False))
        return DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
        )


def launch(
    engine: sa.Engine, worker: str, run_job: Callable[[str, int], str], *, running_per_key: int | None
) -> None:
    """Begin to take jobs out of the queue, one at a time.

    Args:
        engine: of the database.
        worker: unique to this process: the owner of what it takes, under which it is recovered when it dies.
        run_job: called with the job's id and run; each call is one durable workflow.
        running_per_key: how many jobs of one API key may run at once on all workers; None for any number.
    """
    from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

    require_sqlite(engine)
    DBOS(
        config=DBOSConfig(
            name=APPLICATION,
            system_database_engine=engine,
            executor_id=worker,
            application_version=VERSION,
            serializer=DBOSPortableJSONSerializer(),
            use_listen_notify=False,
            enable_otlp=False,
            log_level="WARNING",
        )
    )

    # Attempts are capped in `service.attempts`, which tells a job that makes progress from one that kills its workers.
    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
    def train_job(job_id: str, run: int) -> str:
        return run_job(job_id, run)

    DBOS.listen_queues([QUEUE])
    DBOS.launch()
    DBOS.register_queue(
        QUEUE,
        worker_concurrency=1,
        partition_concurrency=running_per_key,
        polling_interval_sec=POLLING_SECONDS,
        on_conflict="always_update",
    )


def recover(worker: str) -> None:
    """Put what a dead worker had taken out back in the queue."""
    from dbos import DBOS

    DBOS._recover_pending_workflows([worker])  # noqa: SLF001 - DBOS offers it to its own console only


def unfinished() -> dict[str, str | None]:
    """Return the workflow ids that DBOS has yet to finish, and the worker that has taken each, if one has."""
    from dbos import DBOS

    waiting = ["ENQUEUED", "DELAYED", "PENDING"]
    statuses = DBOS.list_workflows(name=WORKFLOW, status=waiting, load_input=False, load_output=False)
    return {s.workflow_id: s.executor_id if s.status == "PENDING" else None for s in statuses}


def require_sqlite(engine: sa.Engine) -> None:
    """Refuse a pair of Python and SQLite that DBOS cannot work with.

    Raises:
        RuntimeError: Python is 3.12 or newer and its SQLite older than 3.42.
    """
    if (
        engine.dialect.name == "sqlite"
        and sys.version_info >= (3, 12)
        and sqlite3.sqlite_version_info < (3, 42)
    ):
        raise RuntimeError(
            f"expected SQLite 3.42 or newer with Python 3.12 or newer, got {sqlite3.sqlite_version}; "
            "use Python 3.11, a newer SQLite, or Postgres through NUMERAL_DATABASE_URL"
        )
