"""The OpenAPI document: whole, valid, true, and good enough to make clients from."""

import importlib
import json
import subprocess
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from service.app import Numeral
from service.archives import MOST_ENTRIES
from service.settings import Settings
from tests.service.foreign.conftest import PNGS
from tests.service.server_process import running_server

JSON = "application/json"


def operations(app: Numeral) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation, of all."""
    return [
        (path, method, operation)
        for path, methods in app.api.openapi()["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_document_is_valid(shipped_app: Numeral) -> None:
    """By the specification itself, every reference included."""
    validate(shipped_app.api.openapi())


def test_every_operation_has_a_name_of_its_own(shipped_app: Numeral) -> None:
    """Generated functions are called by them."""
    names = [operation["operationId"] for _, _, operation in operations(shipped_app)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


def test_every_error_has_the_body_that_is_sent(shipped_app: Numeral) -> None:
    """Problem documents on our own routes, error objects on those of the protocols."""
    for path, _, operation in operations(shipped_app):
        media = JSON if path.startswith(("/v1", "/v2")) else "application/problem+json"
        for status, response in operation["responses"].items():
            if status.startswith("4"):
                assert list(response["content"]) == [media], (path, status)


def test_what_every_change_can_be_answered_with_is_named(shipped_app: Numeral) -> None:
    """A key that is missing, another web site that asks; and, where there is a body, one that is late or too large."""
    for path, method, operation in operations(shipped_app):
        if method != "get":
            expected = {"401", "403"} | ({"400", "408", "413"} if "requestBody" in operation else set())
            assert expected <= set(operation["responses"]), (path, method)
    assert "415" in shipped_app.api.openapi()["paths"]["/examples"]["post"]["responses"]


async def test_the_examples_work(client: httpx.AsyncClient, shipped_app: Numeral) -> None:
    """Each request example of an operation that changes nothing is answered with 200."""
    tried = 0
    for path, _, operation in operations(shipped_app):
        content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
        if "example" not in content or path == "/examples":
            continue
        answer = await client.post(path.replace("{version}", "1"), json=content["example"])
        assert answer.status_code == 200, (path, answer.text)
        tried += 1
    assert tried >= 7


def test_the_limits_of_an_archive_are_told(shipped_app: Numeral) -> None:
    """Where one is given out that may be larger than what is taken back."""
    told = shipped_app.api.openapi()["paths"]["/examples/export"]["get"]["description"]
    assert f"at most {MOST_ENTRIES:,}" in told
    assert f"{Settings.model_fields['max_batch_bytes'].default >> 20} MB" in told


async def test_a_refused_method_is_told_all_that_there_are(client: httpx.AsyncClient) -> None:
    """Two routes share the path; both count."""
    answer = await client.patch("/train")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    answer = await client.patch(
        "/train/1/events"
    )  # no document: whoever asked for its head alone would wait for ever
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_a_word_is_no_id_of_an_example(client: httpx.AsyncClient) -> None:
    """What can be done to an example can not be done to the archive of all."""
    answer = await client.delete("/examples/export")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_generated_client_reads_digits(
    tmp_path: Path, shipped_app: Numeral, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made from the document alone, it predicts, lists and infers."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(shipped_app.api.openapi()))
    made = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    subprocess.run(
        [*made, "--path", str(document), "--output-path", str(tmp_path / "numeral_client")],
        check=True,
        capture_output=True,
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    client_of = importlib.import_module("numeral_client").Client
    predict = importlib.import_module("numeral_client.api.predict.predict")
    list_models = importlib.import_module("numeral_client.api.models.list_models")
    bodies = importlib.import_module("numeral_client.models")
    file_of = importlib.import_module("numeral_client.types").File
    with running_server(tmp_path / "home") as server, client_of(base_url=server.url, timeout=60) as client:
        for body in (
            bodies.PredictJsonBodyType0(image=b64encode(PNGS[0]).decode()),
            bodies.PredictFilesBody(file=file_of(BytesIO(PNGS[0]), "seven.png", "image/png")),
        ):
            reading = predict.sync(client=client, body=body)
            assert (reading.digit, len(reading.activations)) == (7, 10)
        assert [model.version for model in list_models.sync(client=client).models] == ["1", "2"]
    importlib.import_module("numeral_client.api.open_inference_protocol.v2_infer")
