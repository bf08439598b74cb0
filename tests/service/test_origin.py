"""Requests that other web sites make browsers send."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from service.settings import Settings
from tests.service.conftest import client_of, loaded
from tests.service.pictures_of_digits import digits, png

PICTURE = png(digits(1)[0])


async def status(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    """The status of a prediction asked for with these headers."""
    answer = await client.post("/predict", content=PICTURE, headers={"Content-Type": "image/png", **headers})
    return answer.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://numeral:3000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"},
        {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_what_another_site_sends_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """Also where no key is needed, on quick routes and on those behind FastAPI, with or without a body."""
    assert await status(client, headers) == 403
    for path in ("/train", "/aliases/production/rollback", "/v2/repository/models/digits/load"):
        answer = await client.post(path, content=b"{}", headers={"Content-Type": "text/plain", **headers})
        assert answer.status_code == 403, path
        assert "another web site" in answer.json()["error"]
    assert (await client.get("/models", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
        {"Host": "localhost", "Sec-Fetch-Site": "none"},
        {"Host": "[::1]:8000", "Origin": "http://[::1]:8000"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin", "Origin": "https://behind-a-proxy.example"},
    ],
)
async def test_programs_and_our_own_page_are_answered(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """Programs name no origin; the page names the one it came from."""
    assert await status(client, headers) == 200


async def test_a_service_of_the_network_has_a_name(tmp_path: Path) -> None:
    """One that listens on other addresses; and one with keys, which a page of another site does not have."""
    keys = tmp_path / "keys"
    keys.write_text("somebody sesame-open-sesame\n")
    named = {"Host": "numeral", "Origin": "http://numeral", "X-API-Key": "sesame-open-sesame"}
    for settings in (
        Settings(home=tmp_path, host="0.0.0.0"),  # noqa: S104 - the address is not listened on here
        Settings(home=tmp_path, api_keys_file=keys),
    ):
        with loaded(settings) as app:
            async with client_of(app) as client:
                assert await status(client, named) == 200


APP = "https://app.example:8443"


@pytest.fixture
async def open_client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that pages of two other origins may ask."""
    with loaded(Settings(home=tmp_path, allowed_origins=f"{APP}  capacitor://localhost")) as app:
        async with client_of(app) as client:
            yield client


@pytest.mark.parametrize("of", [APP, "capacitor://localhost"])
async def test_a_page_of_an_allowed_origin_may_ask_and_read(open_client: httpx.AsyncClient, of: str) -> None:
    """On quick routes and on those behind FastAPI, with what it needs to know, errors included."""
    headers = {"Origin": of, "Sec-Fetch-Site": "cross-site"}
    picture = {**headers, "Content-Type": "image/png"}
    answers = [
        await open_client.post("/predict", content=PICTURE, headers=picture),
        await open_client.post("/predict", content=b"", headers=picture),
        await open_client.get("/health/ready", headers=headers),
        await open_client.get("/models", headers=headers),
        await open_client.get("/train/none", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 200, 404]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == of
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "of", ["https://app.example", "http://app.example:8443", "null", "https://evil.example"]
)
async def test_other_pages_still_may_not(open_client: httpx.AsyncClient, of: str) -> None:
    """Another port or scheme is another origin; and caches are told that answers differ."""
    headers = {"Origin": of, "Sec-Fetch-Site": "cross-site"}
    refused = await open_client.post("/predict", content=PICTURE, headers=headers)
    assert refused.status_code == 403
    for answer in (refused, await open_client.get("/models", headers=headers)):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("path", ["/predict", "/train", "/examples/5f0c2d9a41b7e638", "/health/ready"])
async def test_a_browser_is_told_what_it_may_send(open_client: httpx.AsyncClient, path: str) -> None:
    """It asks first (Fetch, CORS-preflight fetch), also without a key, and for a service in its user's own network."""
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = await open_client.options(path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in answer.headers["Access-Control-Allow-Headers"]
    other = await open_client.options(path, headers={**asked, "Origin": "https://evil.example"})
    assert other.status_code == 400
    assert "Access-Control-Allow-Origin" not in other.headers


async def test_without_allowed_origins_nothing_is_said_of_them(client: httpx.AsyncClient) -> None:
    """No header, and no preflight request is answered with a permission."""
    answer = await client.get("/models", headers={"Origin": APP})
    assert not {"access-control-allow-origin", "vary"} & answer.headers.keys()
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    assert (await client.options("/predict", headers=asked)).status_code == 405


@pytest.mark.parametrize(
    "origins", ["*", "app.example", "https://app.example/", "https://App.example", "null", "https://a b"]
)
def test_what_is_no_origin_is_refused_at_the_start(tmp_path: Path, origins: str) -> None:
    """Nothing that no browser would ever say, and not everybody at once."""
    with pytest.raises(ValidationError, match=r"expected origins such as https://app\.example"):
        Settings(home=tmp_path, allowed_origins=origins)
