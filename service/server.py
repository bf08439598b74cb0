"""Runs the API until it is told to stop."""

import gc
import logging
import socket
import sys

import uvicorn

from service.app import create_app
from service.lifecycle import Server
from service.logs import LineWriter, configure
from service.settings import Settings
from service.worker_process import worker_beside

log = logging.getLogger("numeral")


def run(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit status."""
    writer = LineWriter()
    configure(writer, as_json=settings.log_format == "json")
    try:
        listener = listen(settings.host, settings.port)
    except OSError as error:
        print(f"numeral: cannot listen on port {settings.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    with worker_beside(settings):
        serve_on(listener, settings, writer)
    writer.close()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        OSError: the port is taken or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.set_inheritable(True)
    return listener


def serve_on(listener: socket.socket, settings: Settings, writer: LineWriter) -> None:
    """Answer what comes in on this socket until told to stop."""
    app = create_app(settings, write_log=writer.write)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=int(settings.finish_seconds),
    )
    services = app.state.services
    server = Server(config, services.lifecycle, settings.drain_seconds)
    services.batcher.crowd = server.server_state.tasks
    writer.start()
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    log.info("listening on http://%s:%d", shown, port)
    gc.freeze()
    server.run(sockets=[listener])
