"""A network that is cut and heals: machines are network namespaces, and the cable between them is pulled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.registry import Registry
from service.database import jobs, open_database
from service.jobs import Jobs
from service.queue import Enqueuer
from tests.service.cluster import running_cluster
from tests.service.homes import ENDED, tiny, undisturbed_digest, until

HERE, THERE, NAME, CABLE = "10.77.0.1", "10.77.0.2", "numeral-test", "numeral0"
LONG = {"limit": 3000, "epochs": 150}


def ip(*words: str) -> None:
    """Run ``ip``."""
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, ...]]:
    """The command that runs another one on a machine of its own, which reaches this one through ``CABLE``."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the program ip")
    ip("netns", "add", NAME)
    try:
        ip("link", "add", CABLE, "type", "veth", "peer", "name", "numeral1", "netns", NAME)
        ip("addr", "add", f"{HERE}/24", "dev", CABLE)
        ip("link", "set", CABLE, "up")
        ip("-n", NAME, "addr", "add", f"{THERE}/24", "dev", "numeral1")
        ip("-n", NAME, "link", "set", "numeral1", "up")
        yield ("ip", "netns", "exec", NAME)
    finally:
        ip("netns", "del", NAME)


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_a_worker_that_is_cut_off_is_replaced_and_can_do_no_harm_when_the_network_heals(
    tmp_path: Path, elsewhere: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database notices that it is gone, another takes the job over, and the one cut off ends by itself."""
    with running_cluster(tmp_path, HERE) as cluster:
        for name, value in cluster.environment.items():
            monkeypatch.setenv(name, value)
        engine = open_database(cluster.environment["NUMERAL_DATABASE_URL"])
        asked = Jobs(engine, Enqueuer(engine))

        def worker_of(job_id: str) -> str | None:
            with engine.connect() as connection:
                query = sa.select(jobs.c.worker).where(jobs.c.id == job_id)
                return str(connection.execute(query).scalar_one())

        far = cluster.worker("far", elsewhere)
        job_id = asked.submit(tiny(**LONG).to_dict())[0].id
        until(lambda: (asked.get(job_id).progress or {}).get("fraction", 0) > 0.1)
        cut_off = worker_of(job_id)
        cluster.worker("near")
        until(lambda: "is ready" in (tmp_path / "near.log").read_text())
        ip("link", "set", CABLE, "down")
        ip("-n", NAME, "link", "set", "numeral1", "down")
        until(lambda: worker_of(job_id) not in (cut_off, "None"))
        ip("link", "set", CABLE, "up")
        ip("-n", NAME, "link", "set", "numeral1", "up")
        until(lambda: asked.get(job_id).state in ENDED)
        until(lambda: "the worker ends at once" in far.log_path.read_text())
        result = asked.get(job_id).result
        assert result is not None
        assert result["digest"] == undisturbed_digest(tiny(**LONG))
        assert Registry.open(cluster.environment["NUMERAL_STORE_URL"]).versions() == [result["version"]]
        engine.dispose()
