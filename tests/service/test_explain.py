"""``POST /explain``: the four steps with true numbers."""

import asyncio
import threading
from typing import Any

import httpx
import numpy as np
import pytest

from service.app import Numeral
from service.records import THREADS
from tests.service.conftest import current
from tests.service.pictures_of_digits import LOSSLESS, as_json, digits, png


async def explain(client: httpx.AsyncClient, query: str = "", **members: object) -> Any:
    """An explanation for the first test digit."""
    body = as_json(pixels=digits(1)[0].tolist(), **members)
    response = await client.post(f"/explain{query}", content=body.data, headers={"Content-Type": body.kind})
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_outputs_are_pushed_towards_what_is_desired(client: httpx.AsyncClient) -> None:
    """A nudge is desired minus current; the loss falls when the step is taken."""
    answer = await explain(client, label=3, learning_rate=0.01)
    assert (answer["label"], answer["learning_rate"]) == (3, 0.01)
    assert [output["digit"] for output in answer["outputs"]] == list(range(10))
    for output in answer["outputs"]:
        assert output["desired"] == (1 if output["digit"] == 3 else 0)
        assert output["nudge"] == pytest.approx(output["desired"] - output["current"], abs=1e-6)
    assert answer["loss"]["after"] < answer["loss"]["before"]
    assert answer["loss"]["before"] == pytest.approx(-np.log(answer["outputs"][3]["current"]), rel=1e-4)
    assert answer["prediction"]["digit"] == 7


async def test_without_a_label_the_digit_read_is_taken(client: httpx.AsyncClient) -> None:
    """And every form of body will do."""
    for form in ("png", "multipart", "base64"):
        body = LOSSLESS[form](digits(1)[0])
        response = await client.post("/explain", content=body.data, headers={"Content-Type": body.kind})
        assert response.json()["label"] == 7


async def test_label_and_rate_may_stand_in_the_query(client: httpx.AsyncClient) -> None:
    """In both places only if they agree."""
    answer = await explain(client, "?label=2&learning_rate=0.5")
    assert (answer["label"], answer["learning_rate"]) == (2, 0.5)
    assert (await explain(client, "?label=2", label=2))["label"] == 2
    body = as_json(pixels=[0] * 784, label=3)
    response = await client.post("/explain?label=2", content=body.data, headers={"Content-Type": body.kind})
    assert response.status_code == 409


async def test_label_and_rate_may_be_fields_of_the_form(client: httpx.AsyncClient) -> None:
    """As programs send files with what belongs to them; what is no label is refused, other fields mean nothing."""
    files = {"file": ("7.png", png(digits(1)[0]), "image/png")}
    fields = {"label": "2", "learning_rate": "0.5", "comment": "mine"}
    answer = (await client.post("/explain", files=files, data=fields)).json()
    assert (answer["label"], answer["learning_rate"]) == (2, 0.5)
    for bad in ("12", "two", "[2]", ""):
        response = await client.post("/explain", files=files, data={"label": bad})
        assert (response.status_code, response.json()["field"]) == (422, "label")
    assert (await client.post("/explain?label=3", files=files, data=fields)).status_code == 409
    twice = await client.post("/explain", files=files, data={"label": ["1", "2"]})
    assert (twice.status_code, twice.json()["error"]) == (
        422,
        "expected label once in the form, got it twice",
    )


async def test_a_database_that_hangs_holds_up_records_alone(
    client: httpx.AsyncClient, shipped_app: Numeral
) -> None:
    """Explaining goes on while more requests than there are threads wait for it."""
    records, hanging = shipped_app.records, threading.Event()
    waiting = [asyncio.ensure_future(records.in_thread(hanging.wait)) for _ in range(2 * THREADS)]
    try:
        assert (await explain(client, label=3))["label"] == 3
        assert not any(one.done() for one in waiting)
    finally:
        hanging.set()
        await asyncio.gather(*waiting)


async def test_layers_come_from_the_output_backwards(
    client: httpx.AsyncClient, shipped_sizes: list[int]
) -> None:
    """Each with its activations, a nudge for each, and the weights that change most, the strongest first."""
    answer = await explain(client, label=3)
    assert [layer["name"] for layer in answer["layers"]] == ["output", "hidden 3", "hidden 2", "hidden 1"]
    assert [len(layer["activations"]) for layer in answer["layers"]] == shipped_sizes[:0:-1]
    assert len(answer["contributions"]) == 784
    for layer in answer["layers"]:
        assert len(layer["nudges"]) == len(layer["activations"])
        sizes = [abs(change["change"]) for change in layer["weight_changes"]]
        assert sizes == sorted(sizes, reverse=True)
        assert set(layer["weight_changes"][0]) == {"from", "to", "weight", "change"}


async def test_the_changes_are_the_slope_of_the_loss(
    tiny_client: httpx.AsyncClient, tiny_app: Numeral
) -> None:
    """Against finite differences: moving one weight a little changes the loss as much as its change says."""
    network = current(tiny_app).artifact.network
    inputs = digits(1)[0].reshape(1, -1) / 255
    rate, label, step = 0.1, 3, 1e-4

    def loss(layer: int, source: int, target: int, by: float) -> float:
        a = z = inputs
        for i, part in enumerate(network.layers):
            weight = part.weight.astype(np.float64)
            if i == layer:
                weight[source, target] += by
            z = a @ weight + part.bias
            a = np.maximum(z, 0)
        z -= z.max()
        return float(np.log(np.exp(z).sum()) - z[0, label])

    answer = await explain(tiny_client, label=label, learning_rate=rate)
    for number, explained in zip((1, 0), answer["layers"], strict=True):
        for change in explained["weight_changes"][:5]:
            place = (number, change["from"], change["to"])
            slope = (loss(*place, step) - loss(*place, -step)) / (2 * step)
            assert change["change"] == pytest.approx(-rate * slope, rel=1e-3)
            assert change["weight"] == pytest.approx(
                float(network.layers[number].weight[place[1:]]), rel=1e-6
            )
