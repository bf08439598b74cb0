"""Databases to test with: SQLite in a folder, and a private Postgres where its programs are installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa


def postgres_programs() -> Path | None:
    """The folder of initdb and postgres, if they are installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    return next((f for f in folders if (f / "initdb").exists()), Path(found).parent if found else None)


@contextmanager
def running_postgres(address: str = "127.0.0.1") -> Iterator[str]:
    """The URL of a server that lives as long as the block and listens on one address of this machine."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("the PostgreSQL server programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="numeral-pg-"))
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        data, port = folder / "data", free_port()
        run = partial(subprocess.run, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        run([programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N"])
        with (data / "pg_hba.conf").open("a") as trusted:
            trusted.write(f"host all all {address}/24 trust\n")
        options = f"-c listen_addresses={address} -p {port} -k {folder} -c fsync=off -c full_page_writes=off"
        run(
            [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start"],
        )
        try:
            yield f"postgresql://postgres@{address}:{port}/postgres"
        finally:
            run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Make an empty database on a server and return its URL."""
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
