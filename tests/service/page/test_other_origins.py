"""A page of another web site, in a real browser, that reads digits where it is allowed to."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.service.page.conftest import visit
from tests.service.pictures_of_digits import digits, png
from tests.service.server_process import running_server

ASK = """async ([url, picture]) => {
    const bytes = Uint8Array.from(atob(picture), (c) => c.charCodeAt(0));
    const asked = { method: "POST", body: bytes, headers: { "Content-Type": "image/png", "X-API-Key": "unused" } };
    try {
        const answer = await fetch(`${url}/predict`, asked);
        return [answer.status, (await answer.json()).digit, answer.headers.has("X-Request-ID")];
    } catch (error) {
        return [error.name];
    }
}"""


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    """The origin of another web site, which has an empty page."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(
        "<!doctype html><link rel=icon href=data:,><title>Another site</title>"
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder)) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


@pytest.mark.parametrize("allowed", [True, False])
def test_a_page_of_another_site_reads_digits_if_it_is_allowed_to(
    browser: Browser, other_site: str, tmp_path: Path, allowed: bool
) -> None:
    """The browser asks first, as the picture is no form; without permission the page learns nothing."""
    environment = {"NUMERAL_ALLOWED_ORIGINS": other_site if allowed else "https://app.example"}
    picture = b64encode(png(digits(1)[0])).decode()
    with running_server(tmp_path / "home", environment=environment) as server, visit(browser) as visited:
        visited.page.goto(other_site)
        found = visited.page.evaluate(ASK, [server.url, picture])
    assert found == ([200, 7, True] if allowed else ["TypeError"])
