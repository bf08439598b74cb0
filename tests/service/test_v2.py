"""``/v2``: the Open Inference Protocol, on the real application."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.types import Message

from service.app import Numeral
from service.errors import ApiError
from service.exchange import Exchange
from service.routes.v2 import Infer
from tests.service.pictures_of_digits import digits, png
from tests.service.protocols.requests import (
    INFER,
    LENGTH,
    binary,
    floats,
    pixels,
    plain,
    tensors,
    with_lengths,
)

SEVEN, TWO = digits(2)
NAMES = ["activations", "digit", "confidence"]


def picture(*files: bytes) -> tuple[bytes, dict[str, str]]:
    """A request with picture files as BYTES."""
    data = with_lengths(*files)
    size = {"binary_data_size": len(data)}
    return binary([{"name": "image", "datatype": "BYTES", "shape": [len(files)], "parameters": size}], data)


def in_base64(*files: bytes) -> tuple[bytes, dict[str, str]]:
    """A request with picture files in JSON."""
    texts = [base64.b64encode(file).decode() for file in files]
    return plain([{"name": "image", "datatype": "BYTES", "shape": [len(files)], "data": texts}])


def as_floats(*greys: NDArray[np.uint8]) -> tuple[bytes, dict[str, str]]:
    """A request with FP32 pixels in binary."""
    return binary([pixels(len(greys))], np.stack(greys).astype("<f4").tobytes())


def as_bytes(*greys: NDArray[np.uint8]) -> tuple[bytes, dict[str, str]]:
    """A request with UINT8 pixels of 28x28 in binary."""
    shape, size = [len(greys), 28, 28], {"binary_data_size": 784 * len(greys)}
    return binary([pixels(datatype="UINT8", shape=shape, parameters=size)], np.stack(greys).tobytes())


def as_numbers(*greys: NDArray[np.uint8]) -> tuple[bytes, dict[str, str]]:
    """A request with pixels in JSON."""
    return plain([pixels(len(greys), parameters=None, data=np.stack(greys).reshape(-1).tolist())])


FORMS: dict[str, Callable[..., tuple[bytes, dict[str, str]]]] = {
    "floats": as_floats,
    "bytes": as_bytes,
    "numbers": as_numbers,
    "files": lambda *greys: picture(*map(png, greys)),
    "base64": lambda *greys: in_base64(*map(png, greys)),
}


async def predicted(client: httpx.AsyncClient, grey: NDArray[np.uint8]) -> dict[str, Any]:
    """What /predict says."""
    answer = await client.post("/predict", content=png(grey), headers={"Content-Type": "image/png"})
    found: dict[str, Any] = answer.json()
    return found


def by_name(answer: httpx.Response) -> dict[str, NDArray[Any]]:
    """The outputs of an answer in JSON, in the types they have."""
    types = {"FP32": np.float32, "INT64": np.int64}
    return {
        output["name"]: np.array(output["data"], types[output["datatype"]]).reshape(output["shape"])
        for output in answer.json()["outputs"]
    }


@pytest.mark.parametrize("form", FORMS)
async def test_a_lone_picture_gives_the_bits_of_predict(client: httpx.AsyncClient, form: str) -> None:
    """In whatever form it comes, and whether the answer is JSON or binary."""
    expected = await predicted(client, SEVEN)
    body, headers = FORMS[form](SEVEN)
    answer = await client.post(INFER, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found = by_name(answer)
    assert found["activations"].tobytes() == np.array(expected["activations"], np.float32).tobytes()
    assert found["digit"].tolist() == [expected["digit"]] == [7]
    assert found["confidence"].tolist() == [np.float32(expected["confidence"])]


@pytest.mark.parametrize("form", FORMS)
async def test_a_batch_gives_each_picture_its_own_row(client: httpx.AsyncClient, form: str) -> None:
    """The rows stand in the order of the pictures, and differ from lone ones by rounding at most."""
    body, headers = FORMS[form](SEVEN, TWO, SEVEN)
    found = by_name(await client.post(INFER, content=body, headers=headers))
    assert found["digit"].tolist() == [7, 2, 7]
    for row, grey in zip(found["activations"], (SEVEN, TWO, SEVEN), strict=True):
        expected = np.array((await predicted(client, grey))["activations"], np.float32)
        assert np.abs(row - expected).max() <= 1e-6


async def test_binary_outputs_hold_what_json_holds(client: httpx.AsyncClient) -> None:
    """Header length, sizes and types fit, and the numbers are the same."""
    body, headers = binary(
        [pixels(2)], np.stack([SEVEN, TWO]).astype("<f4").tobytes(), parameters={"binary_data_output": True}
    )
    answer = await client.post(INFER, content=body, headers=headers)
    assert answer.headers["content-type"] == "application/octet-stream"
    found = tensors(answer.content, int(answer.headers[LENGTH]))
    plain_body, plain_headers = as_floats(SEVEN, TWO)
    in_json = by_name(await client.post(INFER, content=plain_body, headers=plain_headers))
    assert list(found) == NAMES
    for name, values in in_json.items():
        assert found[name].tobytes() == values.tobytes()


async def test_outputs_come_as_asked(client: httpx.AsyncClient) -> None:
    """Only those that were named, in that order, one binary and one not, with the id."""
    outputs = [{"name": "digit", "parameters": {"binary_data": True}}, {"name": "confidence"}]
    body, headers = binary([pixels()], floats(0), outputs=outputs, id="a-1")
    answer = await client.post(INFER, content=body, headers=headers)
    length = int(answer.headers[LENGTH])
    document = json.loads(answer.content[:length])
    assert [output["name"] for output in document["outputs"]] == ["digit", "confidence"]
    assert len(answer.content) == length + 8
    assert document["id"] == "a-1"
    assert (document["model_name"], document["model_version"]) == ("digits", "1")


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
async def test_compressed_requests_are_read(client: httpx.AsyncClient, encoding: str, compress: Any) -> None:
    """The header length counts the bytes before compression; a long answer is compressed if that is welcome."""
    body, headers = as_floats(*[SEVEN] * 20)
    more = {"Content-Encoding": encoding, "Accept-Encoding": encoding}
    answer = await client.post(INFER, content=compress(body), headers=headers | more)
    assert answer.headers["content-encoding"] == encoding
    assert by_name(answer)["digit"].tolist() == [7] * 20


async def test_a_version_in_the_path_answers(tiny_client: httpx.AsyncClient) -> None:
    """The version that was asked for, not the one in production; an unknown one is 404."""
    body, headers = as_floats(SEVEN)
    first = await tiny_client.post(INFER, content=body, headers=headers)
    second = await tiny_client.post("/v2/models/digits/versions/2/infer", content=body, headers=headers)
    assert (first.json()["model_version"], second.json()["model_version"]) == ("1", "2")
    assert by_name(first)["activations"].tobytes() != by_name(second)["activations"].tobytes()
    for version in ("9", "production", "\u0663", "1.0"):
        path = f"/v2/models/digits/versions/{version}/infer"
        answer = await tiny_client.post(path, content=body, headers=headers)
        assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (INFER, b"no JSON", {}, 400),
        (INFER, b"\x1f\x8b", {"Content-Encoding": "gzip"}, 400),
        (INFER, gzip.compress(bytes(1 << 25)), {"Content-Encoding": "gzip"}, 413),
        (INFER, b"{}", {"Content-Encoding": "br"}, 415),
        (INFER, *picture(b"no picture"), 400),
        (INFER, *in_base64(b"\x89PNG\r\n\x1a\n torn"), 400),
        (INFER, *binary([pixels(shape=[1 << 40, 784])], b""), 400),
        ("/v2/models/other/infer", b"{}", {}, 404),
        ("/v2/models/digits/nothing", b"{}", {}, 404),
        ("/v2/repository/models/other/load", b"{}", {}, 404),
        ("/v2/repository/models/digits/unload", b"{}", {}, 409),
        ("/v2/repository/index", b"[]", {}, 400),
        ("/v2/models/digits/config", b"{}", {}, 405),
    ],
)
async def test_refusals_are_error_objects(
    client: httpx.AsyncClient, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """Whatever is wrong, the answer is application/json with one member, a sentence."""
    answer = await client.post(path, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert "expected" in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2",
        "/v2/",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/digits",
        "/v2/models/digits/ready",
        "/v2/models/digits/config",
        "/v2/models/digits/stats",
        "/v2/models/stats",
        *(f"/v2/models/digits/versions/1{rest}" for rest in ("", "/ready", "/config", "/stats")),
    ],
)
async def test_what_there_is_to_know_is_answered_with_200(client: httpx.AsyncClient, path: str) -> None:
    """Exactly 200, without a redirect, and JSON."""
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"


async def test_metadata_and_config_name_the_same_tensors(client: httpx.AsyncClient) -> None:
    """The model says of itself what it takes and gives."""
    metadata = (await client.get("/v2/models/digits")).json()
    config = (await client.get("/v2/models/digits/config")).json()
    assert (
        [t["name"] for t in metadata["inputs"]] == [t["name"] for t in config["input"]] == ["pixels", "image"]
    )
    assert [t["name"] for t in metadata["outputs"]] == [t["name"] for t in config["output"]] == NAMES
    assert metadata["versions"] == ["1", "2"]
    assert "binary_tensor_data" in (await client.get("/v2")).json()["extensions"]


async def test_statistics_count_what_was_read(tiny_client: httpx.AsyncClient) -> None:
    """Pictures, passes, and requests that succeeded or failed, by version."""
    body, headers = as_floats(SEVEN, TWO)
    for _ in range(3):
        await tiny_client.post(INFER, content=body, headers=headers)
    await tiny_client.post(INFER, content=b"no JSON")
    await tiny_client.post("/v2/models/digits/versions/2/infer", content=body, headers=headers)
    first, second = (await tiny_client.get("/v2/models/digits/stats")).json()["model_stats"]
    assert (first["version"], first["inference_count"], first["execution_count"]) == ("1", 6, 3)
    assert first["inference_stats"]["success"]["count"] == 3
    assert first["inference_stats"]["fail"]["count"] == 1
    parts = ("queue", "compute_input", "compute_infer", "compute_output")
    assert (
        sum(first["inference_stats"][part]["ns"] for part in parts)
        <= first["inference_stats"]["success"]["ns"]
    )
    assert (second["version"], second["inference_count"]) == ("2", 2)
    (alone,) = (await tiny_client.get("/v2/models/digits/versions/2/stats")).json()["model_stats"]
    assert alone == second
    assert (await tiny_client.get("/v2/models/digits/versions/9/stats")).status_code == 404


async def test_loading_lets_an_alias_point_to_a_version(tiny_client: httpx.AsyncClient) -> None:
    """By parameters, or by the text in config that some clients can send alone."""
    path = "/v2/repository/models/digits/load"
    assert (await tiny_client.post(path)).status_code == 200
    config = json.dumps({"version": "2", "alias": "shadow"})
    answer = await tiny_client.post(path, content=json.dumps({"parameters": {"config": config}}))
    assert answer.status_code == 200, answer.text
    assert (await tiny_client.get("/aliases")).json()["aliases"]["shadow"] == "2"
    answer = await tiny_client.post(path, content=b'{"parameters": {"version": "2"}}')
    assert answer.status_code == 200
    assert (await tiny_client.get("/health/ready")).json()["version"] == "2"


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"version": "9"}, 404),
        ({"version": 2}, 400),
        ({"config": "no JSON"}, 400),
        ({"config": {}}, 400),
        ({"file:1/weights": "AA=="}, 400),
        ({"version": "2", "alias": "no name!"}, 422),
    ],
)
async def test_loading_what_is_not_there_changes_nothing(
    tiny_client: httpx.AsyncClient, parameters: dict[str, Any], status: int
) -> None:
    """A refused load leaves every alias where it was."""
    before = (await tiny_client.get("/aliases")).json()
    answer = await tiny_client.post(
        "/v2/repository/models/digits/load", content=json.dumps({"parameters": parameters})
    )
    assert answer.status_code == status
    assert (await tiny_client.get("/aliases")).json() == before


@pytest.mark.parametrize("name", ["digits", "production", "1", "untrained"])
async def test_what_serves_is_not_unloaded(tiny_client: httpx.AsyncClient, name: str) -> None:
    """By none of its names; another version may go, and still answers when it is asked."""
    answer = await tiny_client.post(f"/v2/repository/models/{name}/unload", content=b"{}")
    assert answer.status_code == 409
    assert (await tiny_client.post("/v2/repository/models/2/unload")).status_code == 200
    body, headers = as_floats(SEVEN)
    answer = await tiny_client.post("/v2/models/digits/versions/2/infer", content=body, headers=headers)
    assert answer.json()["model_version"] == "2"


async def test_the_index_lists_every_version(tiny_client: httpx.AsyncClient) -> None:
    """With its state; with ready only those that can answer."""
    for body in (b"", b"{}", b'{"ready": true}'):
        entries = (await tiny_client.post("/v2/repository/index", content=body)).json()
        assert [(entry["version"], entry["state"]) for entry in entries] == [("1", "READY"), ("2", "READY")]


async def test_nothing_is_kept_of_a_large_body_that_can_not_fit(tiny_app: Numeral) -> None:
    """16 MiB behind a header that has no room for them are refused after the first part."""
    parts = 0

    async def receive() -> Message:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": body if parts == 1 else bytes(1 << 16), "more_body": True}

    body, headers = binary([pixels()], b"")
    size = len(body) + (16 << 20)
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "headers": [*sent, (b"content-length", b"%d" % size)], "query_string": b""}
    with pytest.raises(ApiError, match="as many bytes behind the JSON"):
        await Infer(tiny_app.services)(Exchange(scope, receive))
    assert parts == 1
