"""Requests that other web sites make browsers send."""

from pathlib import Path

import httpx
import pytest

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
