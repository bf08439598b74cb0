"""What the query of a prediction may ask for, above all when to abstain."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from model.registry import Registry
from service.serving import Serving
from service.settings import Settings
from tests.service.conftest import client_of, publish_tiny, running
from tests.service.pictures_of_digits import LOSSLESS, digits, multipart, png


async def ask(client: httpx.AsyncClient, query: str, place: int = 0) -> Any:
    """A prediction for a test digit."""
    body = LOSSLESS["png"](digits(place + 1)[place])
    response = await client.post(f"/predict{query}", content=body.data, headers={"Content-Type": body.kind})
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_request_can_be_stricter_or_bolder(client: httpx.AsyncClient) -> None:
    """Only abstention and its reason change; digit, confidence and activations stay."""
    plain, strict = await ask(client, ""), await ask(client, "?least_confidence=1")
    assert (plain["abstained"], plain["reason"]) == (False, None)
    assert strict["abstained"] is True
    assert strict["reason"] in ("ambiguous", "not_a_digit")
    for name in ("digit", "confidence", "activations"):
        assert strict[name] == plain[name]
    answers = [(await ask(client, "", place))["confidence"] for place in range(40)]
    doubtful = answers.index(min(answers))
    between = (min(answers) + 1) / 2
    assert (await ask(client, f"?least_confidence={between}", doubtful))["abstained"] is True
    assert (await ask(client, "?least_confidence=0", doubtful))["abstained"] is False


async def test_an_empty_list_includes_nothing(client: httpx.AsyncClient) -> None:
    """As clients write an empty list in a query."""
    assert await ask(client, "?include=") == await ask(client, "")


async def test_a_blank_picture_is_abstained_from_under_any_policy(client: httpx.AsyncClient) -> None:
    """There is nothing to be bold about."""
    response = await client.post("/predict?least_confidence=0", json={"pixels": [0] * 784})
    assert (response.json()["abstained"], response.json()["reason"]) == (True, "blank")


async def test_a_batch_is_judged_alike(client: httpx.AsyncClient) -> None:
    """By the same query."""
    body = multipart(*(png(grey) for grey in digits(3)))
    response = await client.post(
        "/predict/batch?least_confidence=1", content=body.data, headers={"Content-Type": body.kind}
    )
    assert [p["abstained"] for p in response.json()["predictions"]] == [True, True, True]


@pytest.mark.parametrize(
    "query",
    ["least_confidence=1.1", "least_confidence=-1", "least_confidence=nan", "least_confidence=x",
     "least_confidence=", "abstain_share=0.6", "abstain_share=inf"],
)  # fmt: skip
async def test_a_policy_out_of_range_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """Whatever picture comes with it."""
    response = await client.post(f"/predict?{query}", json={"pixels": [0] * 784})
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["field"] == query.partition("=")[0]


async def test_a_share_needs_a_calibrated_network(client: httpx.AsyncClient) -> None:
    """The request is well-formed; the network that it names cannot tell."""
    response = await client.post("/predict?abstain_share=0.01&alias=untrained", json={"pixels": [0] * 784})
    assert (response.status_code, response.json()["field"]) == (409, "abstain_share")


async def test_a_server_can_be_set_to_a_policy(tmp_path: Path) -> None:
    """What no request changes is as the server is set; a request goes before it."""
    async with running(Settings(home=tmp_path, least_confidence=1.0)) as app, client_of(app) as client:
        assert (await ask(client, ""))["abstained"] is True
        assert (await ask(client, "?least_confidence=0.5"))["abstained"] is False


def test_a_network_without_figures_serves_by_its_own_measure(tmp_path: Path) -> None:
    """A share that it cannot tell does not keep it from serving."""
    from model.predictor import Policy

    registry = Registry.open(tmp_path)
    registry.set_alias("production", publish_tiny(registry, 1), "a test")
    serving = Serving(registry, policy=Policy(abstain_share=0.01))
    serving.refresh()
    assert serving.current is not None
    assert serving.broken == {}
