"""The worker as a process: ``python -m service.worker_process``, started by a supervisor and never by hand."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from service.logs import LineWriter, configure
from service.settings import Settings
from service.supervisor import SILENCE_SECONDS, Supervisor

log = logging.getLogger("numeral.worker")

GRACE = 5.0
"""Seconds from when other workers take a silent worker's job over until it is replaced; it may wake up and end by itself."""

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def supervised(settings: Settings, environment: Mapping[str, str] = os.environ) -> Supervisor:
    """Return the supervisor of a worker with these settings; it is yet to be started."""
    set_here = settings.model_dump(mode="json", exclude_unset=True)
    given = {f"NUMERAL_{name.upper()}": str(value) for name, value in set_here.items() if value is not None}
    command = [sys.executable, "-m", "service.worker_process", "--alive", "{alive}", "--parent", "{parent}"]
    return Supervisor(
        command,
        {**environment, **given, **dict.fromkeys(THREADS, "1")},
        max(SILENCE_SECONDS, settings.silence_seconds + GRACE),
    )


@contextmanager
def worker_beside(settings: Settings) -> Iterator[Callable[[], None]]:
    """Keep a worker running as long as the block lasts, unless the settings say not to; yield what tells it to stop."""
    if settings.no_worker:
        yield lambda: None
        return
    supervisor = supervised(settings)
    supervisor.start()
    try:
        yield supervisor.request_stop
    finally:
        supervisor.stop()


def main() -> None:
    """Run a worker until it is told to stop or its parent is gone."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--alive", type=int, required=True)
    arguments.add_argument("--parent", type=int, required=True)
    pipes = arguments.parse_args()
    from model.registry import Registry
    from service.database import open_database
    from service.execution import Patience
    from service.leases import open_leases
    from service.worker import LOST, Stores, Worker, exit_with_parent, stop_on_signals

    exit_with_parent(pipes.parent)
    settings = Settings()
    os.nice(settings.worker_niceness)
    writer = LineWriter()
    configure(writer, as_json=settings.log_format == "json")
    writer.start()
    try:
        engine = open_database(settings.database)
        stores = Stores(engine, Registry.open(settings.store), open_leases(engine, settings.silence_seconds))
        worker = Worker(
            stores,
            Patience(settings.checkpoint_seconds, settings.store_seconds),
            settings.running_per_key,
        )
        stop_on_signals(worker)
        worker.run(lambda: _beat(pipes.alive))
    except Exception as error:  # noqa: BLE001 - said, and the process ends
        _say_end(error)
        _exit(writer, LOST)
    _exit(writer, 0)


def _say_end(error: Exception) -> None:
    """Log why the worker ends: what an operator can mend in one sentence, a mistake of ours with its traceback."""
    from model.errors import ModelError
    from service.database import cause, unavailable

    problem = unavailable(error)
    if problem is not None:
        log.error("the worker ends at once: %s (%s)", problem, cause(problem.__cause__ or error))
    elif isinstance(error, ModelError):
        log.error("the worker ends at once: %s", error)
    elif isinstance(error, OSError):
        log.error("the worker ends at once: %s", error.strerror or type(error).__name__)
    else:
        log.error("the worker ends at once", exc_info=error)


def _beat(pipe: int) -> None:
    os.write(pipe, b".")


def _exit(writer: LineWriter, status: int) -> None:
    """End without waiting for the thread that trains: its work is saved, or belongs to another worker by now."""
    writer.close()
    os._exit(status)


if __name__ == "__main__":
    main()
