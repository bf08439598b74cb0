"""``/train`` over HTTP. The jobs are run by hand here; real workers are tested in ``test_worker``."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from model.config import TrainingConfig
from service.app import Numeral, create_app
from service.attempts import Attempt
from service.jobs import Jobs
from service.settings import Settings
from service.training_schemas import TrainRequest
from tests.service.conftest import client_of, loaded

TINY = {"limit": 300, "network": {"hidden": [8]}, "epochs": 3, "augmentation": "none"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Numeral]:
    """An application without a worker."""
    home = tmp_path_factory.mktemp("home")
    with loaded(Settings(home=home, queued_jobs=1000, queued_jobs_per_key=1000)) as app:
        yield app


@pytest.fixture
async def client(app: Numeral) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with client_of(app) as client:
        yield client


def jobs_of(app: Numeral) -> Jobs:
    """The jobs behind the application."""
    jobs: Jobs = app.records._jobs
    return jobs


def claimed(app: Numeral, job_id: str) -> Attempt:
    """Take a job as a worker does."""
    attempt = Attempt.claim(jobs_of(app)._engine, job_id, 1, "w")
    assert attempt is not None
    return attempt


async def submitted(client: httpx.AsyncClient, **values: Any) -> str:
    """Ask for a tiny training and return the job's id."""
    answer = await client.post("/train", json={**TINY, **values})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def events_in(body: str) -> list[tuple[int, dict[str, Any]]]:
    """The ids and data of the events in a stream."""
    events = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            events.append((int(fields["id"]), json.loads(fields["data"])))
    return events


async def test_a_job_is_accepted_with_its_location(client: httpx.AsyncClient) -> None:
    """The answer is the job as the contract has it, and the location leads to it."""
    answer = await client.post("/train", json=TINY)
    assert answer.status_code == 202
    job = answer.json()
    assert list(job) == [
        "id", "state", "created_at", "started_at", "finished_at", "config", "progress", "result", "error",
    ]  # fmt: skip
    assert job["state"] == "queued"
    assert job["config"]["epochs"] == 3
    found = await client.get(answer.headers["location"])
    assert found.json() == job


async def test_every_member_of_a_request_has_a_default(client: httpx.AsyncClient) -> None:
    """An empty object, and no body at all, ask for the standard training."""
    for body in (b"{}", b""):
        config = (await client.post("/train", content=body)).json()["config"]
        assert config["network"] == {"hidden": [1000, 500], "activation": "relu"}
        expected = {"data": "mnist", "examples": True, "limit": None, "epochs": 30, "batch_size": 128}
        expected |= {"learning_rate": 0.001, "optimizer": "adamw", "augmentation": "standard", "seed": 1}
        expected |= {"start_from": None, "promote": "if_better"}
        assert config | expected == config


async def test_a_whole_number_may_be_written_as_a_fraction(client: httpx.AsyncClient) -> None:
    """JSON knows no difference between 8 and 8.0, on the outside and within."""
    answer = await client.post("/train", json={"epochs": 3.0, "network": {"hidden": [8.0]}})
    assert answer.status_code == 202
    assert (answer.json()["config"]["epochs"], answer.json()["config"]["network"]["hidden"]) == (3, [8])


def test_the_schema_and_the_configuration_agree() -> None:
    """What OpenAPI shows as default is what the trainer takes."""
    documented = TrainRequest().model_dump()
    assert TrainingConfig().to_dict() | documented == TrainingConfig().to_dict()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": 10_001}, "epochs"),
        ({"epochs": 2.5}, "epochs"),
        ({"batch_size": "128"}, "batch_size"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"limit": 0}, "limit"),
        ({"seed": -1}, "seed"),
        ({"examples": 1}, "examples"),
        ({"network": {"hidden": [0]}}, "network.hidden"),
        ({"network": {"hidden": [8192] * 10}}, "network.hidden"),
        ({"network": {"activation": "cube"}}, "network.activation"),
        ({"optimizer": "lbfgs"}, "optimizer"),
        ({"augmentation": "release"}, "augmentation"),
        ({"data": "/etc/passwd"}, "data"),
        ({"promote": "yes"}, "promote"),
        ({"epoch": 3}, "body"),
        ({"threads": 64}, "body"),
    ],
)
async def test_what_is_out_of_range_is_refused_and_named(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    """The problem document names the member at fault, and no job is made."""
    before = (await client.get("/train")).json()
    answer = await client.post("/train", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await client.get("/train")).json() == before


@pytest.mark.parametrize("body", [b"{", b'{"seed": NaN}', b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n"])
async def test_malformed_requests_are_400(client: httpx.AsyncClient, body: bytes) -> None:
    """A body that is no JSON is refused as such."""
    assert (await client.post("/train", content=body)).status_code == 400


async def test_a_request_that_is_too_large_is_413(client: httpx.AsyncClient) -> None:
    """A configuration is small."""
    assert (await client.post("/train", content=b" " * 70_000)).status_code == 413


async def test_an_alias_to_start_from_is_pinned_to_its_version(client: httpx.AsyncClient) -> None:
    """The job means the same whenever it runs; an unknown alias is 404."""
    answer = await client.post("/train", json={"start_from": "production"})
    assert answer.json()["config"]["start_from"] == "1"
    assert (await client.post("/train", json={"start_from": "nowhere"})).status_code == 404


@pytest.mark.parametrize(
    ("network", "status", "field"),
    [
        ({"hidden": [2000, 2000, 2000]}, 202, None),
        ({"hidden": [2]}, 422, "network.hidden"),
        ({"hidden": [2000, 2000], "activation": "tanh"}, 422, "network.activation"),
    ],
)
async def test_a_network_that_the_start_cannot_grow_into_is_refused_at_once(
    client: httpx.AsyncClient, network: dict[str, object], status: int, field: str | None
) -> None:
    """Nobody waits for a job that must fail; a larger network is taken."""
    answer = await client.post("/train", json={"start_from": "production", "network": network})
    assert answer.status_code == status
    if field:
        assert "start_from" in answer.json()["error"]
        assert answer.json()["field"] == field


async def test_fifty_requests_with_one_key_make_one_job(client: httpx.AsyncClient) -> None:
    """All get the same job; the same key with another body is refused."""
    key = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*[client.post("/train", json=TINY, headers=key) for _ in range(50)])
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await client.post("/train", json={**TINY, "seed": 2}, headers=key)).status_code == 409


async def test_a_key_is_honoured_although_the_alias_has_moved(
    client: httpx.AsyncClient, app: Numeral
) -> None:
    """What was asked for is compared, not the version that the alias named then."""
    key = {"Idempotency-Key": "moving"}
    asked = {"epochs": 1, "limit": 300, "start_from": "candidate"}
    registry = app.services.serving.registry
    registry.set_alias("candidate", "1", "a test")
    first = await client.post("/train", json=asked, headers=key)
    assert first.json()["config"]["start_from"] == "1"
    registry.set_alias("candidate", "2", "a test")
    again = await client.post("/train", json=asked, headers=key)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    other = await client.post("/train", json={**asked, "start_from": "1"}, headers=key)
    assert other.status_code == 409


async def test_too_many_jobs_are_answered_with_a_time_to_come_back(tmp_path: Path) -> None:
    """The second waiting job of two is one too many where one may wait."""
    app = create_app(Settings(home=tmp_path, queued_jobs=1))
    app.services.serving.refresh()
    async with client_of(app) as client:
        await submitted(client)
        answer = await client.post("/train", json=TINY)
    app.close()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


async def test_jobs_are_listed_newest_first(client: httpx.AsyncClient, app: Numeral) -> None:
    """With a limit, and by state."""
    first, second = await submitted(client), await submitted(client)
    listed = (await client.get("/train", params={"limit": 2})).json()["jobs"]
    assert [job["id"] for job in listed] == [second, first]
    claimed(app, first).fail("tested")
    failed = (await client.get("/train", params={"state": "failed"})).json()["jobs"]
    assert [job["id"] for job in failed] == [first]
    for wrong in ({"limit": 0}, {"limit": 1001}, {"state": "gone"}):
        assert (await client.get("/train", params=wrong)).status_code == 422


async def test_an_unknown_job_is_404(client: httpx.AsyncClient) -> None:
    """On every route about one job."""
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/resume")):
        answer = await client.request(method, f"/train/none{path}")
        assert answer.status_code == 404, path
        assert answer.json()["error"]


async def test_a_job_is_cancelled_and_resumed(client: httpx.AsyncClient, app: Numeral) -> None:
    """What has ended well can be neither."""
    job_id = await submitted(client)
    assert (await client.post(f"/train/{job_id}/cancel")).json()["state"] == "cancelled"
    resumed = await client.post(f"/train/{job_id}/resume")
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    other = await submitted(client)
    claimed(app, other).succeed({"version": "1"})
    for ask in ("cancel", "resume"):
        assert (await client.post(f"/train/{other}/{ask}")).status_code == 409


async def test_a_request_that_is_cancelled_is_counted_with_the_others(
    client: httpx.AsyncClient, app: Numeral
) -> None:
    """As at the end of draining: by its route, never by its path, and those of the same turn with it."""
    job_id = (await client.post("/train", json={})).json()["id"]
    listening = asyncio.create_task(client.get(f"/train/{job_id}/events"))
    await asyncio.sleep(0.2)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    metrics = (await client.get("/metrics")).text
    assert 'numeral_requests_total{route="other",status="5xx"} 1.0' in metrics
    assert job_id not in metrics


async def test_events_follow_a_job_to_its_end(client: httpx.AsyncClient, app: Numeral) -> None:
    """Whoever listens while it runs gets every event, numbered, and then the end of the stream."""
    job_id = await submitted(client)
    listening = asyncio.create_task(client.get(f"/train/{job_id}/events"))
    await asyncio.sleep(0)
    attempt = claimed(app, job_id)
    attempt.report({"epoch": 1}, milestone=True)
    attempt.succeed({"version": "1"})
    answer = await listening
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_in(answer.text)
    assert [number for number, _ in events] == [1, 2, 3, 4]
    assert [job["state"] for _, job in events] == ["queued", "running", "running", "succeeded"]
    assert events[-1][1] == (await client.get(f"/train/{job_id}")).json()


async def test_many_who_follow_a_job_cost_one_look(client: httpx.AsyncClient, app: Numeral) -> None:
    """Followers share what was read from the database, and each gets the whole history."""
    job_id = await submitted(client)
    jobs, looks = jobs_of(app), 0

    def counted(*arguments: Any) -> list[tuple[int, dict[str, Any]]]:
        nonlocal looks
        looks += 1
        return Jobs.events(jobs, *arguments)

    jobs.events = counted  # type: ignore[method-assign, assignment]
    feed = app.feeds.of(job_id)
    answers = await asyncio.gather(*(app.feeds.of(job_id).after(0) for _ in range(100)))
    assert looks == 1
    assert {(len(events), ended) for events, ended in answers} == {(1, False)}
    assert (await feed.after(7))[0] == []


async def test_events_are_replayed_from_the_last_one_seen(client: httpx.AsyncClient, app: Numeral) -> None:
    """A client that comes back gets what it missed; one that missed nothing is told not to come back."""
    job_id = await submitted(client)
    claimed(app, job_id).fail("tested")
    path = f"/train/{job_id}/events"
    missed = await client.get(path, headers={"Last-Event-ID": "1"})
    assert [number for number, _ in events_in(missed.text)] == [2, 3]
    assert (await client.get(path, headers={"Last-Event-ID": "3"})).status_code == 204
    assert (await client.get(path, headers={"Last-Event-ID": "x"})).status_code == 422


async def test_the_history_of_a_resumed_job_does_not_end_where_it_was_cancelled(
    client: httpx.AsyncClient, app: Numeral
) -> None:
    """The stream ends with the job, not with an earlier end of it."""
    job_id = await submitted(client)
    await client.post(f"/train/{job_id}/cancel")
    await client.post(f"/train/{job_id}/resume")
    attempt = Attempt.claim(jobs_of(app)._engine, job_id, 2, "w")
    assert attempt is not None
    attempt.succeed({"version": "1"})
    events = events_in((await client.get(f"/train/{job_id}/events")).text)
    states = [job["state"] for _, job in events]
    assert states == ["queued", "cancelled", "queued", "running", "succeeded"]


async def test_quiet_streams_say_that_they_live_and_end_when_the_service_does(
    client: httpx.AsyncClient, app: Numeral, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments come between events; a service that drains closes its streams, and the client comes back elsewhere."""
    monkeypatch.setattr("service.routes.train.HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr("service.routes.train.LOOK_SECONDS", 0.01)
    job_id = await submitted(client)
    listening = asyncio.create_task(client.get(f"/train/{job_id}/events"))
    lifecycle = app.services.lifecycle
    asyncio.get_running_loop().call_later(0.5, setattr, lifecycle, "draining", True)
    answer = await listening
    lifecycle.draining = False
    assert "\n:\n" in answer.text
    assert len(events_in(answer.text)) == 1


async def test_a_database_that_does_not_answer_is_503(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """Predictions go on; what needs the database says so and names no path."""
    (tmp_path / "folder").mkdir()
    app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path}/folder"))
    app.services.serving.refresh()
    async with client_of(app) as other:
        answer = await other.get("/train")
        assert (await other.post("/predict", json={"pixels": [0] * 784})).status_code == 200
    app.close()
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
