"""Runs the API, in this process or in several, until it is told to stop."""

import gc
import logging
import math
import resource
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import uvicorn

from model.errors import ModelError
from model.registry import Registry
from service.app import create_app
from service.heads import Protocol
from service.keys import Keys
from service.lifecycle import Server
from service.logs import LineWriter, configure
from service.metrics import Metrics
from service.processes import Processes, Role
from service.settings import Settings
from service.shared_weights import SharedWeights
from service.worker_process import worker_beside

BACKLOG = 2048
MOST_FILES = 65_536
LAST_WORDS = 20.0
"""Seconds beyond draining and finishing after which a process is killed; a worker saves its job in them."""

_STOP = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger("numeral")


class _Shared(NamedTuple):
    """Memory that several API processes have in common."""

    metrics: Metrics
    weights: SharedWeights | None


def run(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit status."""
    writer = LineWriter()
    configure(writer, as_json=settings.log_format == "json")
    try:
        sockets = listen(settings.host, settings.port, settings.workers)
    except OSError as error:
        print(f"numeral: cannot listen on port {settings.port}: {error.strerror}", file=sys.stderr)  # noqa: T201 - before there is a log
        return 1
    _allow_many_connections()
    log.info("listening on %s", _shown(sockets[0]))
    if settings.workers == 1:
        with worker_beside(settings) as stop_worker:
            return _serve(settings, sockets, _Shared(Metrics(), None), 0, writer, leaving=stop_worker)
    return _serve_in_several(settings, sockets, writer)


def _serve_in_several(settings: Settings, sockets: list[socket.socket], writer: LineWriter) -> int:
    # Check store and key file before forking: a child that cannot open them would be restarted for ever. The check
    # starts no thread and no connection, so forking stays safe.
    try:
        Registry.open(settings.store)
        Keys(settings.api_keys_file)
    except ModelError as error:
        return _cannot_start(error, writer)
    from service import api  # noqa: F401 - what is imported before forking lies in memory once

    shared = _Shared(Metrics(settings.workers), SharedWeights())
    roles = [
        Role(f"API process {number}", partial(_serve, settings, sockets, shared, number, writer))
        for number in range(settings.workers)
    ]
    if not settings.no_worker:
        # In a process of its own, because the parent must not have threads when it forks.
        roles.append(Role("the worker's supervisor", partial(_supervise, settings, sockets, writer)))
    patience = settings.drain_seconds + settings.finish_seconds + LAST_WORDS
    writer.hold()
    return Processes(roles, sockets, patience).run()


def _cannot_start(error: ModelError, writer: LineWriter) -> int:
    """Say why, and return the exit status."""
    log.error("cannot start: %s", error)
    writer.start()
    writer.close()
    return 1


def _supervise(settings: Settings, sockets: list[socket.socket], writer: LineWriter) -> int:
    # Waited for below, so every thread begins with them blocked; the worker lets them through again.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    writer.start()
    for held in sockets:
        held.close()
    with worker_beside(settings):
        signal.sigwait(_STOP)
    writer.close()
    return 0


def listen(host: str, port: int, processes: int = 1) -> list[socket.socket]:
    """Return a bound socket for each process, all on the same port.

    Raises:
        OSError: the port is taken or the address is not ours.
    """
    first = _bound(host, port, shared=False)
    if processes == 1:
        return [first]
    port = first.getsockname()[1]
    first.close()  # it only showed that nobody else has the port
    return [_bound(host, port, shared=True) for _ in range(processes)]


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(address)
    return bound


def _allow_many_connections() -> None:
    """Take as many file descriptors as the system lets us; its first offer is often 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _serve(
    settings: Settings,
    sockets: list[socket.socket],
    shared: _Shared,
    number: int,
    writer: LineWriter,
    *,
    leaving: Callable[[], object] = lambda: None,
) -> int:
    """Answer what comes in on this process's socket until told to stop; then the worker may stop too."""
    shared.metrics.take_row(number)
    for held in sockets[:number] + sockets[number + 1 :]:
        held.close()
    try:
        app = create_app(
            settings,
            counted=shared.metrics,
            weights=shared.weights,
            write_log=writer.write,
            settled=gc.freeze,
        )
    except ModelError as error:
        return _cannot_start(error, writer)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=math.ceil(settings.finish_seconds),
    )
    services = app.services
    server = Server(
        config,
        services.lifecycle,
        drain_seconds=settings.drain_seconds,
        head_seconds=settings.head_seconds,
        leaving=leaving,
    )
    services.batcher.crowd = server.server_state.tasks
    writer.start()
    gc.freeze()  # what is there already is never garbage, so it need not be looked through
    gc.enable()
    server.run(sockets=[sockets[number]])
    writer.close()
    return 0
