"""What holds for the whole page: its policy, its caching, small and large screens, light and dark, contrast, names."""

from itertools import product

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.service.page.conftest import visit

WIDTHS = (360, 768, 1024, 1920)
TEXT = ("--ink", "--muted", "--accent", "--plus", "--minus", "--good", "--bad")
GROUNDS = ("--ground", "--surface", "--sunken")

CONTRAST = """([text, ground]) => {
    const luminance = (name) => {
        document.body.style.color = `var(${name})`;
        const context = document.createElement("canvas").getContext("2d");
        context.fillStyle = getComputedStyle(document.body).color;
        context.fillRect(0, 0, 1, 1);
        const linear = [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
            .map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const [a, b] = [luminance(text), luminance(ground)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
}"""

NAMELESS = """() => [...document.querySelectorAll("button, input, select, canvas[tabindex], [role=button], a")]
    .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length || e.getAttribute("aria-labelledby")))
    .map((e) => e.outerHTML)"""


def test_the_policy_forbids_everything_that_is_not_ours(url: str) -> None:
    """No inline script or style and no other host is allowed, on the page and on its parts."""
    for path in ("/", "/page/js/main.js"):
        policy = httpx.get(url + path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_an_unchanged_part_is_not_sent_again(url: str) -> None:
    """A browser that has a part already gets 304 and no bytes; HEAD works too."""
    first = httpx.get(f"{url}/page/js/main.js")
    again = httpx.get(f"{url}/page/js/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    assert httpx.head(f"{url}/").status_code == 200


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page/nothing.js", "/page/"])
def test_only_the_page_is_served(url: str, path: str) -> None:
    """Nothing above the folder and nothing that is not there can be had."""
    with httpx.Client() as client:
        request = client.build_request("GET", url)
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = client.send(request)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_inline_script_does_not_run(browser: Browser, url: str) -> None:
    """Markup that found its way into the page could not do anything: the browser refuses it."""
    with visit(browser) as visited:
        visited.page.goto(url)
        ran = visited.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
                return window.ran === true;
            }"""
        )
        assert ran is False
        assert any("Content Security Policy" in complaint for complaint in visited.complaints)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_sideways(browser: Browser, url: str, width: int) -> None:
    """From a small phone to a wide screen the page scrolls down only."""
    with visit(browser, viewport={"width": width, "height": 740}) as visited:
        page = visited.page
        page.goto(url)
        page.locator("#sureness", has_text="Confidence").wait_for()
        for section in ("inside", "learn", "train", "use"):
            page.locator(f"#{section}").scroll_into_view_if_needed()
        expect(page.locator("#steps")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert visited.complaints == []


@pytest.mark.parametrize("width", [320, *WIDTHS])
def test_the_whole_navigation_can_be_seen(browser: Browser, url: str, width: int) -> None:
    """On no screen is a link cut off or out of sight."""
    with visit(browser, viewport={"width": width, "height": 740}) as visited:
        visited.page.goto(url)
        cut = visited.page.evaluate(
            """() => {
                const frame = document.querySelector("nav").getBoundingClientRect();
                const outside = (box) => box.left < Math.max(0, frame.left) || box.right > Math.min(innerWidth, frame.right);
                return [...document.querySelectorAll("nav a")].filter((a) => outside(a.getBoundingClientRect())).map((a) => a.textContent);
            }"""
        )
        assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(browser: Browser, url: str, scheme: str) -> None:
    """Every colour of text has a contrast of 4.5 or more on every ground (WCAG 2.2, 1.4.3)."""
    with visit(browser, color_scheme=scheme) as visited:
        visited.page.goto(url)
        for text, ground in product(TEXT, GROUNDS):
            contrast = visited.page.evaluate(CONTRAST, [text, ground])
            assert contrast >= 4.5, f"{text} on {ground}: {contrast:.2f}"


def test_the_colours_can_be_chosen_and_stay_chosen(browser: Browser, url: str) -> None:
    """The button goes from the system's colours to light, to dark and back, and the choice outlives a reload."""
    with visit(browser, color_scheme="light") as visited:
        page = visited.page
        page.goto(url)
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.locator("#theme").click()
        page.locator("#theme").click()
        dark = page.evaluate(ground)
        assert dark != light
        page.reload()
        assert page.evaluate(ground) == dark
        page.locator("#theme").click()
        assert page.evaluate(ground) == light


def test_every_control_has_a_name(page: Page) -> None:
    """A screen reader has something to say about each control; duplicated ids would confuse it."""
    for section in ("inside", "learn", "train", "use"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
    page.locator("#every summary").click()
    assert page.evaluate(NAMELESS) == []
    assert (
        page.evaluate(
            "[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)"
        )
        == []
    )
