"""``/v1``: instances in, predictions and explanations out."""

from base64 import b64encode
from typing import Any

import httpx
import pytest

from tests.service.pictures_of_digits import digits, png

SEVEN, TWO = digits(2)
PREDICT, EXPLAIN = "/v1/models/digits:predict", "/v1/models/digits:explain"


def in_base64(picture: bytes) -> dict[str, str]:
    """An instance that is a picture file."""
    return {"b64": b64encode(picture).decode()}


async def test_every_form_of_an_instance_is_read_as_predict_reads_it(client: httpx.AsyncClient) -> None:
    """A lone instance has the very numbers of /predict, whatever its form."""
    expected = (
        await client.post("/predict", content=png(SEVEN), headers={"Content-Type": "image/png"})
    ).json()
    for instance in (SEVEN.reshape(-1).tolist(), SEVEN.tolist(), in_base64(png(SEVEN))):
        (found,) = (await client.post(PREDICT, json={"instances": [instance]})).json()["predictions"]
        assert found["activations"] == expected["activations"]
        assert found["confidence"] == expected["confidence"]


async def test_instances_of_different_forms_keep_their_order(client: httpx.AsyncClient) -> None:
    """Pixels and files may stand in one request."""
    instances = [SEVEN.tolist(), in_base64(png(TWO)), SEVEN.reshape(-1).tolist()]
    answer = await client.post(PREDICT, json={"instances": instances})
    assert [prediction["digit"] for prediction in answer.json()["predictions"]] == [7, 2, 7]


async def test_an_instance_is_explained_as_explain_does(client: httpx.AsyncClient) -> None:
    """The document is that of /explain."""
    expected = (await client.post("/explain", json={"pixels": SEVEN.tolist()})).json()
    answer = await client.post(EXPLAIN, json={"instances": [SEVEN.tolist()]})
    assert answer.json() == {"explanations": [expected]}


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ({"instances": []}, 400),
        ({"instances": {}}, 400),
        ({"instances": [5]}, 400),
        ({"instances": [[0] * 783]}, 400),
        ({"instances": [[256] * 784]}, 400),
        ({"instances": [[True] * 784]}, 400),
        ({"instances": [{"b64": "@@"}]}, 400),
        ({"instances": [{"b64": "QUJD"}]}, 400),
        ({"instances": [{"b64": "QUJD", "more": 1}]}, 400),
        ({"instances": [{}] * 257}, 413),
    ],
)
@pytest.mark.parametrize("path", [PREDICT, EXPLAIN])
async def test_what_is_no_instance_is_refused(
    client: httpx.AsyncClient, path: str, document: dict[str, Any], status: int
) -> None:
    """With an error object and one sentence."""
    answer = await client.post(path, json=document)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"b64": "QUJD"}, "expected a PNG, JPEG"),
        ({"b64": "@@"}, "expected base64"),
        ({"b64": 5}, "expected image to be a string"),
        ({"more": 1}, "expected an instance to have one member, b64"),
        ([0] * 783, "expected"),
        ([256] * 784, "expected"),
    ],
)
async def test_a_refusal_says_which_instance_it_is_about(
    client: httpx.AsyncClient, broken: object, reason: str
) -> None:
    """Counted from 1, whatever is wrong with it."""
    instances = [SEVEN.tolist(), broken, in_base64(png(TWO))]
    answer = await client.post(PREDICT, json={"instances": instances})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"picture 2 of 3: {reason}")


async def test_the_model_says_that_it_is_ready(client: httpx.AsyncClient) -> None:
    """In the forms that KServe and TensorFlow Serving clients look for."""
    document = (await client.get("/v1/models/digits")).json()
    assert (document["name"], document["ready"]) == ("digits", True)
    assert document["model_version_status"] == [{"version": "1", "state": "AVAILABLE"}]
    assert (await client.get("/v1/models")).json() == {"models": ["digits"]}
    for path in ("/v1", "/v1/"):
        assert (await client.get(path)).json() == {"status": "alive"}
    assert (await client.get("/v1/models/other")).json()["error"].startswith("expected the model digits")
