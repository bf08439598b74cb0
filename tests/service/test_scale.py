"""Two replicas and two workers on Postgres and S3; what one machine loses, another finishes."""

from pathlib import Path

import pytest

from tests.service.cluster import ended, running_cluster
from tests.service.homes import tiny, undisturbed_digest, until

pytestmark = pytest.mark.timeout(400)

WORK = {"limit": 1000, "network": {"hidden": [16]}, "epochs": 60, "augmentation": "none", "examples": False}


@pytest.mark.postgres
def test_jobs_outlive_the_machine_they_run_on(tmp_path: Path) -> None:
    """A worker's machine dies with a job on it; every job ends well, and both replicas serve what was promoted."""
    with running_cluster(tmp_path) as cluster:
        first, second = cluster.replica(), cluster.replica()
        doomed = cluster.worker("doomed")
        ids = []
        for seed, replica in enumerate((first, second, first)):
            asked = {**WORK, "seed": seed, "promote": "always" if seed == 2 else "never"}
            ids.append(replica.post("/train", json=asked).raise_for_status().json()["id"])
        until(lambda: (first.get(f"/train/{ids[0]}").json()["progress"] or {}).get("fraction", 0) > 0.2)
        doomed.kill()
        cluster.worker("survivor")
        jobs = ended(second, ids)
        assert [job["state"] for job in jobs] == ["succeeded"] * 3
        for seed, job in enumerate(jobs):
            expected = tiny(limit=1000, network={"hidden": [16]}, epochs=60, seed=seed)
            assert job["result"]["digest"] == undisturbed_digest(expected)
        version = jobs[2]["result"]["version"]
        for replica in (first, second):
            until(lambda client=replica: client.get("/health/ready").json()["version"] == version)  # type: ignore[misc]
