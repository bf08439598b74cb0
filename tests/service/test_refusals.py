"""Bodies and queries that are refused: always a problem document, never an echo, never a 5xx."""

import asyncio
import gzip
import io
import struct
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from PIL import Image
from starlette.exceptions import HTTPException

from service.app import create_app
from service.settings import Settings
from tests.service.conftest import client_of, loaded
from tests.service.pictures_of_digits import Body, as_json, digits, encoded, multipart, png

GOOD = png(digits(1)[0])
SECRET = "a-word-that-only-the-client-knows"  # noqa: S105 - no password


def json_body(text: str | bytes) -> Body:
    """A body that says it is JSON."""
    return Body(text.encode() if isinstance(text, str) else text, "application/json")


def bomb(width: int, height: int) -> bytes:
    """A small PNG whose header declares many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def rows(**changed: Any) -> Any:
    """28x28 zeros as JSON, with some changes."""
    pixels: list[Any] = [[0] * 28 for _ in range(28)]
    pixels[3][5] = changed.get("value", 0)
    if "row" in changed:
        pixels[7] = changed["row"]
    return pixels


MALFORMED = {
    "nothing": (Body(b"", "image/png"), 400),
    "no file in the form": (multipart(), 422),
    "two files in the form": (multipart(GOOD, GOOD), 422),
    "an empty file in the form": (multipart(b""), 400),
    "a form without a boundary": (Body(multipart(GOOD).data, "multipart/form-data"), 400),
    "a form with another boundary": (Body(multipart(GOOD).data, "multipart/form-data; boundary=other"), 400),
    "a form that is cut off": (Body(multipart(GOOD).data[:-10], multipart().kind), 400),
    "a form part without headers": (
        Body(b"--b\r\n\r\ndata\r\n--b--", "multipart/form-data; boundary=b"),
        400,
    ),
    "a form of many parts": (multipart(*[b"x"] * 65), 413),
    "a form field instead of a file": (
        Body(
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
        422,
    ),
    "text": (Body(b"hello", "text/plain"), 415),
    "an unlisted picture type": (Body(GOOD, "image/avif"), 415),
    "a form of the other kind": (Body(b"image=x", "application/x-www-form-urlencoded"), 415),
    "a vector drawing": (Body(b"<svg/>", "image/png"), 415),
    "a document in disguise": (Body(b"%PDF-1.7\n" + bytes(100), "image/png"), 415),
    "an archive in disguise": (Body(b"PK\x03\x04" + bytes(100), "application/octet-stream"), 415),
    "random bytes": (Body(np.random.default_rng(1).bytes(500), "application/octet-stream"), 415),
    "a truncated PNG": (Body(GOOD[:120], "image/png"), 400),
    "a PNG of a header alone": (Body(GOOD[:33], "image/png"), 400),
    "a damaged PNG": (Body(GOOD[:60] + b"\xff" * 40 + GOOD[100:], "image/png"), 400),
    "a truncated JPEG": (Body(encoded(digits(1)[0], "JPEG")[:200], "image/jpeg"), 400),
    "a truncated TIFF": (Body(encoded(digits(1)[0], "TIFF")[:300], "image/tiff"), 400),
    "a picture of 400 megapixels": (Body(bomb(20_000, 20_000), "image/png"), 413),
    "a picture wider than can be": (Body(bomb(2**31 - 1, 2**31 - 1), "image/png"), 413),
    "a PNG as JSON": (json_body(GOOD), 400),
    "JSON that is cut off": (json_body('{"image": "'), 400),
    "JSON of another kind": (json_body("[1, 2]"), 422),
    "JSON of null": (json_body("null"), 422),
    "deep JSON": (json_body('{"pixels": ' + "[" * 10_000 + "]" * 10_000 + "}"), 400),
    "wide JSON": (json_body('{"pixels": [' + "[]," * 1_000_000 + "[]]}"), 422),
    "a lone surrogate": (json_body('{"image": "\\ud800"}'), 400),
    "a lone surrogate as a name": (json_body('{"\\udfff": 1}'), 400),
    "bytes that are no UTF-8": (json_body(b'{"image": "\xff\xfe"}'), 400),
    "UTF-16": (json_body('{"image": "x"}'.encode("utf-16")), 400),
    "NaN": (json_body(orjson.dumps({"pixels": rows()}).replace(b"0", b"NaN", 1)), 400),
    "Infinity": (json_body(orjson.dumps({"pixels": rows()}).replace(b"0", b"-Infinity", 1)), 400),
    "a number that overflows": (
        json_body(orjson.dumps({"pixels": rows()}).replace(b"0", b"1e999", 1)),
        (400, 422),
    ),
    "a huge whole number": (
        json_body(orjson.dumps({"pixels": rows()}).replace(b"0", b"9" * 400, 1)),
        (400, 422),
    ),
    "a pixel over 255": (as_json(pixels=rows(value=256)), 422),
    "a pixel below 0": (as_json(pixels=rows(value=-1)), 422),
    "a fraction over 255": (as_json(pixels=rows(value=255.01)), 422),
    "a pixel of true": (as_json(pixels=rows(value=True)), 422),
    "a pixel of text": (as_json(pixels=rows(value="0")), 422),
    "a pixel of null": (as_json(pixels=rows(value=None)), 422),
    "a row of 27": (as_json(pixels=rows(row=[0] * 27)), 422),
    "a row that is a number": (as_json(pixels=rows(row=28)), 422),
    "a row that is a string": (as_json(pixels=rows(row="0" * 28)), 422),
    "783 pixels": (as_json(pixels=[0] * 783), 422),
    "785 pixels": (as_json(pixels=[0] * 785), 422),
    "no pixels": (as_json(pixels=[]), 422),
    "pixels that are an object": (as_json(pixels={}), 422),
    "neither image nor pixels": (as_json(), 422),
    "both image and pixels": (as_json(image="", pixels=rows()), 422),
    "another member": (as_json(pixels=rows(), **{SECRET: 1}), 422),
    "an image that is a number": (as_json(image=7), 422),
    "base64 of nothing": (as_json(image=""), 400),
    "base64 with foreign letters": (as_json(image=SECRET + "!"), 400),
    "base64 without padding": (as_json(image=b64encode(GOOD).decode().rstrip("=")[:-2] + "A"), 400),
    "base64 of no picture": (as_json(image=b64encode(SECRET.encode()).decode()), 415),
    "base64 of a torn picture": (as_json(image=b64encode(GOOD[:100]).decode()), 400),
    "a string of other letters": (as_json(image="пять"), 400),
    "a data URL of text": (as_json(image="data:text/plain;base64,aGVsbG8="), 415),
    "a data URL without base64": (as_json(image="data:image/png,hello"), 400),
    "a data URL with an endless head": (as_json(image="data:" + ";a" * 200 + ";base64,aGVsbG8="), 400),
    "an address": (as_json(image="http://127.0.0.1:1/" + SECRET), 400),
    "a path": (as_json(image="/etc/passwd"), 400),
    "a file address": (as_json(image="file:///etc/passwd"), 400),
}


def assert_problem(response: httpx.Response, statuses: tuple[int, ...]) -> None:
    """A problem document of RFC 9457 with a plain sentence, and nothing of what was sent."""
    assert response.status_code in statuses, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    assert {"type", "title", "detail", "error"} <= problem.keys()
    assert "expected" in problem["error"]
    for forbidden in (SECRET, "Traceback", "/work", "site-packages", ".py", "object at", "/etc"):
        assert forbidden not in response.text


@pytest.mark.parametrize("path", ["/predict", "/explain"])
@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_body_is_refused(client: httpx.AsyncClient, path: str, name: str) -> None:
    """With the status that the contract names, by every route that takes a picture."""
    body, status = MALFORMED[name]
    response = await client.post(path, content=body.data, headers={"Content-Type": body.kind})
    assert_problem(response, status if isinstance(status, tuple) else (status,))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (as_json(images=[]), 422),
        (as_json(images="x"), 422),
        (as_json(images=[GOOD.hex()] * 257), 413),
        (as_json(image="x"), 422),
        (as_json(images=[], more=1), 422),
        (json_body("{"), 400),
        (multipart(), 422),
        (Body(GOOD, "image/png"), 415),
        (Body(b"x", "text/plain"), 415),
    ],
)
async def test_a_malformed_batch_is_refused(client: httpx.AsyncClient, body: Body, status: int) -> None:
    """When there is no list of pictures to answer one by one."""
    response = await client.post("/predict/batch", content=body.data, headers={"Content-Type": body.kind})
    assert_problem(response, (status,))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("version=99", 404),
        ("version=0", 404),
        ("version=", 404),
        ("version=../../etc", 404),
        ("version=%00", 404),
        (f"alias={SECRET}", 404),
        ("alias=", 404),
        ("alias=1", 404),
        ("version=1&alias=production", 409),
        ("version=1&version=1", 422),
        ("include=weights", 422),
        (f"{SECRET}=1", 422),
        ("version=%ff", 400),
        ("&".join(f"a{i}=1" for i in range(100)), 400),
    ],
)
async def test_a_wrong_query_is_refused(client: httpx.AsyncClient, query: str, status: int) -> None:
    """Unknown networks are 404, two that contradict 409, unknown parameters and values 422, what is no query 400."""
    response = await client.post(f"/predict?{query}", content=GOOD, headers={"Content-Type": "image/png"})
    assert_problem(response, (status,))


@pytest.mark.parametrize(
    "query",
    ["label=10", "label=-1", "label=x", "label=", "label=٣", "learning_rate=0", "learning_rate=nan",
     "learning_rate=inf", "learning_rate=-1", "learning_rate=11", "learning_rate=x", "include=image"],
)  # fmt: skip
async def test_a_wrong_setting_of_an_explanation_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """In the query."""
    response = await client.post(f"/explain?{query}", content=GOOD, headers={"Content-Type": "image/png"})
    assert_problem(response, (422,))


@pytest.mark.parametrize(
    "members", [{"label": 10}, {"label": "3"}, {"label": True}, {"label": 3.5}, {"learning_rate": "1"},
                {"learning_rate": 0}, {"learning_rate": None, "label": []}, {"other": 1}],
)  # fmt: skip
async def test_a_wrong_member_of_an_explanation_is_refused(
    client: httpx.AsyncClient, members: dict[str, object]
) -> None:
    """In a JSON body."""
    body = as_json(image=b64encode(GOOD).decode(), **members)
    response = await client.post("/explain", content=body.data, headers={"Content-Type": body.kind})
    assert_problem(response, (422,))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("DELETE", "/models", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/predict/", 404),
        ("POST", "/Predict", 404),
        ("GET", "/models/99", 404),
        ("GET", "/models/production", 404),
        ("GET", "/models/%2e%2e%2fetc", 404),
        ("GET", "/models/99/weights", 404),
        ("GET", "/models/99/card", 404),
        ("POST", "/aliases/nobody/rollback", 404),
        ("GET", "/page/..%2f..%2fapp.py", 404),
    ],
)
async def test_a_wrong_path_or_method_is_refused(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """Also by a problem document; 405 names what is allowed."""
    response = await client.request(method, path)
    assert_problem(response, (status,))
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/page/js/main.js", "/page/nowhere", "/"])
async def test_the_page_can_only_be_read(client: httpx.AsyncClient, path: str) -> None:
    """Whatever other method is tried, the answer names those two."""
    refused = await client.delete(path)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


async def test_a_body_one_byte_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    """And one of exactly the limit is looked at."""
    limit = 16 * 1024 * 1024
    for size, status in ((limit, 415), (limit + 1, 413)):
        response = await client.post("/predict", content=bytes(size), headers={"Content-Type": "image/png"})
        assert_problem(response, (status,))


async def test_a_picture_of_many_pixels_but_within_the_limit_is_read(client: httpx.AsyncClient) -> None:
    """Six megapixels in a few kilobytes are decoded beside the event loop."""
    file = io.BytesIO()
    Image.new("L", (3000, 2000), 255).save(file, "PNG")
    response = await client.post("/predict", content=file.getvalue(), headers={"Content-Type": "image/png"})
    assert response.status_code == 200
    assert response.json()["reason"] == "blank"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/predict"), ("POST", "/explain"), ("POST", "/examples?label=3")]
)
async def test_more_bytes_than_may_be_held_at_once_are_refused(
    method: str, path: str, tmp_path: Path
) -> None:
    """While one large body is on its way another is told to come again; then there is room."""
    settings = Settings(home=tmp_path, max_batch_bytes=1_000_000, max_bytes_in_flight=1_000_000)
    app = create_app(settings)
    app.services.serving.refresh()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield bytes(600_000)
        begun.set()
        await go_on.wait()
        yield bytes(100)

    async with client_of(app) as client:
        first = asyncio.ensure_future(client.post("/predict", content=slowly()))
        await begun.wait()
        refused = await client.request(method, path, content=bytes(600_000))
        assert_problem(refused, (503,))
        assert refused.headers["retry-after"] == "1"
        assert "numeral_requests_shed_total 1.0" in (await client.get("/metrics")).text
        small = await client.post("/predict", content=GOOD, headers={"Content-Type": "image/png"})
        assert small.status_code == 200
        go_on.set()
        assert (await first).status_code == 415
        after = await client.request(method, path, content=bytes(600_000))
        assert after.status_code != 503


async def test_a_service_without_a_network_sheds_nothing(tmp_path: Path) -> None:
    """It answers 503 too, but more replicas would not help: the counter stays."""
    async with client_of(create_app(Settings(home=tmp_path))) as client:
        assert_problem(await client.post("/predict", content=GOOD), (503,))
        assert "numeral_requests_shed_total 0.0" in (await client.get("/metrics")).text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/aliases/other"),
        ("POST", "/examples?label=3"),
        ("POST", "/train"),
        ("GET", "/models"),
        ("POST", "/nowhere"),
        ("POST", "/v2/repository/index"),
        ("POST", "/v2/models/digits/versions/1/infer"),
    ],
)
async def test_a_body_that_says_it_is_too_large_is_refused_with_a_document(
    method: str, path: str, client: httpx.AsyncClient
) -> None:
    """On every route, before it is read; the protocols get theirs."""
    response = await client.request(method, path, content=b"{}", headers={"Content-Length": str(1 << 30)})
    assert response.status_code == 413
    protocol = path.startswith("/v2")
    assert response.headers["content-type"] == (
        "application/json" if protocol else "application/problem+json"
    )
    assert response.json()["error"].startswith("expected a body of at most")


async def test_a_damaged_database_is_said_in_a_document(tmp_path: Path) -> None:
    """Pictures are read all the same."""
    (tmp_path / "numeral.sqlite").write_bytes(b"no database, whatever its name says" * 400)
    with loaded(Settings(home=tmp_path)) as app:
        async with client_of(app) as client:
            assert_problem(await client.get("/train"), (503,))
            assert_problem(await client.post("/train", json={}), (503,))
            read = await client.post("/predict", content=GOOD, headers={"Content-Type": "image/png"})
    assert read.status_code == 200


async def test_what_nobody_foresaw_is_a_document_behind_fastapi_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the id under which the log has it."""
    with loaded(Settings(home=tmp_path)) as app:
        monkeypatch.setattr(app.services.serving.registry, "aliases", lambda: 1 / 0)
        async with client_of(app) as client:
            response = await client.get("/aliases")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    assert "zero" not in response.text


async def test_a_refusal_of_starlettes_is_a_document_too(tmp_path: Path) -> None:
    """Whatever the status: what it raises by itself has a text of its own, and no document."""

    async def refused() -> None:
        raise HTTPException(418, "a text of Starlette's")

    with loaded(Settings(home=tmp_path)) as app:
        app.api.add_api_route("/teapot", refused)
        async with client_of(app) as client:
            answer = await client.get("/teapot")
    assert_problem(answer, (418,))
    assert "I'm a Teapot" in answer.json()["error"]
    assert "Starlette" not in answer.text


@pytest.mark.parametrize("route", ["/predict", "/predict/batch", "/explain", "/examples?label=7"])
async def test_a_body_in_a_content_encoding_is_refused_as_such(client: httpx.AsyncClient, route: str) -> None:
    """Not as a picture or a document that is damaged; what it may be is said in a header (RFC 9110, 15.5.16)."""
    headers = {"Content-Type": "image/png", "Content-Encoding": "gzip"}
    answer = await client.post(route, content=gzip.compress(GOOD), headers=headers)
    assert_problem(answer, (415,))
    assert "Content-Encoding" in answer.json()["error"]
    assert answer.headers["Accept-Encoding"] == "identity"
