"""Requests that other web sites make browsers send."""

import httpx
import pytest

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
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://numeral"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://numeral"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind-a-proxy.example"},
    ],
)
async def test_programs_and_our_own_page_are_answered(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """Programs name no origin; the page names the one it came from."""
    assert await status(client, headers) == 200
