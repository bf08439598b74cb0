"""Who is alive: leases in files and in Postgres, held by this process and by others."""

import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.database import open_database, workers
from service.leases import FileLeases, LeaseLost, Leases, PostgresLeases, open_leases
from tests.service.databases import new_database

HOLD = """
import sys
from service.database import open_database
from service.leases import open_leases
leases = open_leases(open_database(sys.argv[1]))
leases.hold("other")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def leases(engine: sa.Engine) -> Iterator[Leases]:
    """The leases as one worker, which holds its own, sees them."""
    leases = open_leases(engine)
    leases.hold("me")
    yield leases
    leases.free()


def other_process(engine: sa.Engine) -> "subprocess.Popen[bytes]":
    """A process that holds a lease until it is killed."""
    url = engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and close what leads to it."""
    process.kill()
    process.communicate()


def test_a_worker_that_lives_is_not_dead(engine: sa.Engine, leases: Leases) -> None:
    """Neither this one nor another process that holds its lease."""
    process = other_process(engine)
    try:
        leases.beat()
        assert list(leases.dead()) == []
        assert leases.known() == {"me", "other"}
    finally:
        end(process)


def test_a_worker_that_was_killed_is_dead_once(engine: sa.Engine, leases: Leases) -> None:
    """The lock is free the moment the process is gone; after it was seen to, its lease is gone too."""
    end(other_process(engine))
    assert list(leases.dead()) == ["other"]
    assert list(leases.dead()) == []
    assert leases.known() == {"me"}


def test_a_dead_worker_is_seen_to_by_one(engine: sa.Engine, leases: Leases) -> None:
    """While one sees to it, others leave it alone."""
    end(other_process(engine))
    third = open_leases(engine)
    seeing_to = leases.dead()
    assert next(seeing_to) == "other"
    assert [name for name in third.dead() if name != "me"] == []
    assert list(seeing_to) == []


def test_a_worker_is_dead_again_when_nobody_saw_to_it_to_the_end(engine: sa.Engine, leases: Leases) -> None:
    """Whoever began to see to it died too."""
    end(other_process(engine))
    for name in leases.dead():
        assert name == "other"
        break
    assert list(open_leases(engine).dead()) == ["other"]


def test_a_silent_worker_is_dead_and_finds_its_lease_lost(engine: sa.Engine, leases: Leases) -> None:
    """It may be frozen: it holds its lock but does not beat, and must stop when it wakes up."""
    impatient = open_leases(engine, silence=-1.0)
    assert list(impatient.dead()) == ["me"]
    with pytest.raises(LeaseLost):
        leases.beat()


def test_a_lease_can_be_given_back(engine: sa.Engine, leases: Leases) -> None:
    """Then there is nothing to see to, and no more beating."""
    leases.free()
    assert list(open_leases(engine).dead()) == []
    with pytest.raises(LeaseLost):
        leases.beat()


def test_each_database_has_its_kind_of_lease(engine: sa.Engine) -> None:
    """Files for one machine, advisory locks for many."""
    kind = FileLeases if engine.dialect.name == "sqlite" else PostgresLeases
    assert isinstance(open_leases(engine), kind)


@pytest.mark.postgres
def test_a_worker_whose_connection_is_cut_has_lost_its_lease(postgres: str) -> None:
    """The server ends the session, and the lock with it; the worker notices at its next beat."""
    engine = open_database(new_database(postgres, f"t{uuid4().hex}"))
    leases = open_leases(engine)
    leases.hold("me")
    with engine.connect() as other:
        own = sa.select(sa.func.pg_terminate_backend(sa.column("pid"))).select_from(sa.table("pg_locks"))
        other.execute(own.where(sa.column("locktype") == "advisory")).all()
        assert other.execute(sa.select(workers.c.id)).scalars().all() == ["me"]
    with pytest.raises(LeaseLost):
        leases.beat()
    assert list(open_leases(engine).dead()) == ["me"]
    leases.free()
    engine.dispose()
