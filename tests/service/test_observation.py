"""What is counted of every picture that is read: digits, ink, drift, the shadow's opinion, and jobs."""

from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest

from model import drift
from model.artifact import encode_weights
from model.calibration import Calibration
from model.manifest import make_manifest
from model.network import Network
from model.registry import Registry
from model.sources import load_test
from service.app import Numeral, create_app
from service.metrics import ROUTES
from service.record_errors import RecordError
from service.records import Records
from service.settings import Settings
from service.watching import JobsCollector
from tests.service.conftest import client_of, running
from tests.service.pictures_of_digits import digits

SOME = digits(20)


async def value(client: httpx.AsyncClient, name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels."""
    wanted = [f'{label}="{of}"' for label, of in labels.items()]
    lines = (await client.get("/metrics")).text.splitlines()
    found = [line for line in lines if line.startswith((name + " ", name + "{"))]
    return sum(float(line.split()[-1]) for line in found if all(label in line for label in wanted))


async def read(client: httpx.AsyncClient, **query: str) -> list[int]:
    """Read some digits, one request each."""
    answers = [await client.post("/predict", json={"pixels": grey.tolist()}, params=query) for grey in SOME]
    return [answer.json()["digit"] for answer in answers]


async def test_every_route_counts_what_it_read(tiny_client: httpx.AsyncClient) -> None:
    """Digits, confidence, ink and versions add up to the pictures, whatever route they came by."""
    await read(tiny_client)
    grey = SOME[0].tolist()
    await tiny_client.post("/explain", json={"pixels": grey})
    await tiny_client.post("/v1/models/digits:predict", json={"instances": [grey, grey]})
    tensor: dict[str, Any] = {"name": "pixels", "datatype": "FP32", "shape": [1, 28, 28], "data": [grey]}
    await tiny_client.post("/v2/models/digits/infer", json={"inputs": [tensor]})
    await tiny_client.post("/v2/models/digits/versions/2/infer", json={"inputs": [tensor]})
    for name in ("numeral_predictions_total", "numeral_input_ink_total", "numeral_confidence_count"):
        assert await value(tiny_client, name) == 25
    assert await value(tiny_client, "numeral_version_predictions_total", version="1") == 24
    assert await value(tiny_client, "numeral_version_predictions_total", version="2") == 1


async def test_what_was_answered_last_is_counted_too(tmp_path: Path) -> None:
    """Requests are counted a moment after their answers, or when the service ends, whichever is first."""
    async with running(Settings(home=tmp_path)) as app, client_of(app) as client:
        await client.post("/predict", json={"pixels": SOME[0].tolist()})
        counters, requests = app.services.metrics.counters, app.services.metrics.requests
        assert counters.totals(requests)["/predict", "2xx"] == 0
    assert counters.totals(requests)["/predict", "2xx"] == 1


async def test_a_stream_of_events_is_counted_apart(tiny_client: httpx.AsyncClient) -> None:
    """It lasts as long as its job, which says nothing about the other routes of jobs."""
    await tiny_client.get("/train/none")
    await tiny_client.post("/train/none/cancel")
    await tiny_client.get("/train/none/events")
    for route, requests in (("/train", 0), ("/train/{job_id}", 2), ("/train/{job_id}/events", 1)):
        assert await value(tiny_client, "numeral_requests_total", route=route) == requests


def test_what_is_counted_by_route_is_a_route(shipped_app: Numeral) -> None:
    """Each label is the path of one, as the router knows it; the rest counts as other."""
    paths = {getattr(route, "path", "") for route in shipped_app.api.routes} | set(
        shipped_app.api.openapi()["paths"]
    )
    assert set(ROUTES) - paths == {"other"}


async def test_the_shadow_sees_what_production_read(
    tiny_app: Numeral, tiny_client: httpx.AsyncClient
) -> None:
    """Its digits go into counters alone; what another version was asked for is not shown to it."""
    await tiny_client.put("/aliases/shadow", json={"version": "2"})
    shadow = tiny_app.services.shadow
    shadow.start()
    answered = await read(tiny_client)
    other = await read(tiny_client, version="2")
    shadow.stop()
    disagreements = sum(a != b for a, b in zip(answered, other, strict=True))
    assert disagreements > 0
    assert await value(tiny_client, "numeral_shadow_predictions_total") == len(SOME)
    assert await value(tiny_client, "numeral_shadow_disagreements_total") == disagreements
    assert await value(tiny_client, "numeral_shadow_dropped_total") == 0


async def test_a_shadow_that_cannot_keep_up_drops_and_says_so(
    tiny_app: Numeral, tiny_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers never wait for it."""
    monkeypatch.setattr("service.shadow.MOST_WAITING", 3)
    await tiny_client.put("/aliases/shadow", json={"version": "2"})
    await read(tiny_client)
    assert await value(tiny_client, "numeral_shadow_dropped_total") == len(SOME) - 3


async def test_without_a_shadow_nothing_waits(tiny_app: Numeral, tiny_client: httpx.AsyncClient) -> None:
    """Nor with one that is production itself."""
    await read(tiny_client)
    await tiny_client.put("/aliases/shadow", json={"version": "1"})
    await read(tiny_client)
    assert tiny_app.services.shadow._waiting.qsize() == 0


@pytest.fixture
def profiled(tmp_path: Path) -> Numeral:
    """The application with a network that remembers what it learned from: MNIST's test digits, say."""
    network = Network.create((16,), "relu", np.random.default_rng(1))
    test = load_test()
    training = {"profile": drift.profile(test.images, test.labels)}
    settings = Settings(home=tmp_path)
    registry = Registry.open(settings.store)
    manifest = make_manifest(network, Calibration(), training=training, metrics={})
    for alias in ("production", "untrained"):
        registry.set_alias(
            alias, registry.publish(manifest, encode_weights(network), {}, "profiled"), "a test"
        )
    app = create_app(settings)
    app.services.serving.refresh()
    return app


async def test_drift_is_measured_against_the_training(profiled: Numeral) -> None:
    """Digits like those of the training lie near; bold ones do not."""
    name = "numeral_population_stability"
    async with client_of(profiled) as client:
        assert await value(client, "numeral_training_share", feature="ink") == pytest.approx(1, abs=1e-4)
        for image in load_test().images[:300]:
            await client.post("/predict", json={"pixels": image.tolist()})
        assert 0 < await value(client, name, feature="ink") < 0.2
        for _ in range(300):
            await client.post("/predict", json={"pixels": [255] * 784})
        assert await value(client, name, feature="ink") > 0.25


async def test_jobs_are_counted_by_state(tiny_client: httpx.AsyncClient) -> None:
    """As the database has them, whoever asked for them."""
    for _ in range(2):
        await tiny_client.post("/train", json={"epochs": 1, "limit": 100})
    assert await value(tiny_client, "numeral_database_up") == 1
    assert await value(tiny_client, "numeral_jobs", state="queued") == 2
    assert await value(tiny_client, "numeral_jobs") == 2
    assert await value(tiny_client, "numeral_training_epochs") == 0


def test_a_database_that_does_not_answer_is_asked_seldom() -> None:
    """Each question may take its whole time limit, in a thread that others wait for."""
    asked: list[int] = []

    class Unreachable:
        def jobs(self) -> Any:
            asked.append(1)
            raise RecordError("expected to reach the database, got no answer; try again soon")

    collector = JobsCollector(cast("Records", Unreachable()))
    for _ in range(5):
        (up,) = collector.collect()
        assert [sample.value for sample in up.samples] == [0]
    assert len(asked) == 1


async def test_a_reload_is_counted(tiny_client: httpx.AsyncClient) -> None:
    """And the version that is served shows, instead of the one before."""
    await tiny_client.put("/aliases/production", json={"version": "2"})
    assert await value(tiny_client, "numeral_reloads_total") == 1
    assert await value(tiny_client, "numeral_processes_serving", version="2") == 1
    assert await value(tiny_client, "numeral_processes_serving") == 1
