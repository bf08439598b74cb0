"""The real service, and a real browser that may speak with nothing else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.service.homes import until

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000
"""Milliseconds that an expectation may take to come true on a busy machine."""

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and skip it where there is none."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with the shipped network and a training worker."""
    command = [str(Path(sys.executable).with_name("numeral")), "serve", "--port", "0"]
    settings = {
        "NUMERAL_HOME": str(tmp_path_factory.mktemp("home")),
        "NUMERAL_LOG_REQUESTS": "0",
        "NUMERAL_DRAIN_SECONDS": "0",
    }
    with subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            while "listening on " not in said:
                line = process.stdout.readline()
                assert line, f"the service did not start: {said}"
                said += line
            address = said.split("listening on ")[1].split('"')[0].strip()
            until(lambda: _is_ready(address))
            yield address
        finally:
            process.terminate()


def _is_ready(address: str) -> bool:
    with suppress(httpx.TransportError):  # the port is known a moment before anybody listens
        return httpx.get(f"{address}/health/ready").status_code == 200
    return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, until the module's tests are done."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@dataclass
class Visit:
    """What a page asked for, and what it complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def visit(browser: Browser, **context: Any) -> Iterator[Visit]:
    """Open a page that notes every request and every complaint."""
    options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **context}
    with browser.new_context(**options) as opened:
        page = opened.new_page()
        page.set_default_timeout(3 * PATIENCE)
        visited = Visit(page)
        page.on("request", lambda request: visited.hosts.add(urlsplit(request.url).netloc))
        page.on(
            "console", lambda m: visited.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        yield visited


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page as it stands after its first answer; at the end it has spoken with the service alone and complained of nothing."""
    with visit(browser) as visited:
        visited.page.goto(url)
        visited.page.locator("#sureness", has_text="Confidence").wait_for()
        yield visited.page
        assert visited.hosts <= {urlsplit(url).netloc, ""}, "only the service itself is asked"
        assert visited.complaints == []
