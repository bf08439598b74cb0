"""Training, versions and the developer's corner in a real browser."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, Route, expect

from model.dataset import split
from model.sources import load
from tests.service.page.conftest import visit
from tests.service.page.hands import expect_digit, mnist_png

CALM = '{"error": "expected to reach the database, got no answer; try again soon"}'


def refusing(route: Route) -> None:
    """Answer as a service whose database is out of reach."""
    route.fulfill(status=503, body=CALM, content_type="application/problem+json")


def start_small_job(page: Page) -> None:
    """Fill in the form for a training of about a second, and send it."""
    page.locator("#train").scroll_into_view_if_needed()
    page.get_by_label("Hidden layers").fill("16")
    page.get_by_label("Epochs").fill("2")
    page.get_by_label("Training digits").select_option("5000")
    page.get_by_label("When it is ready").select_option("never")
    page.get_by_role("button", name="Start training").click()


def test_a_job_is_watched_from_start_to_verdict(page: Page, url: str) -> None:
    """Progress and curves appear, the job ends with its verdict, and the new version is in the list."""
    start_small_job(page)
    expect(page.locator("#job .state")).to_have_text("Done", timeout=100_000)
    job = httpx.get(f"{url}/train?limit=1").json()["jobs"][0]
    assert job["config"]["network"] == {"hidden": [16], "activation": "relu"}
    assert (job["config"]["epochs"], job["config"]["limit"]) == (2, 5000)
    version = job["result"]["version"]
    expect(page.locator(".verdict")).to_contain_text(f"version {version}")
    expect(page.locator(".verdict")).to_contain_text(job["result"]["gate"]["reason"])
    expect(page.locator("#job .uplot canvas")).to_have_count(2)
    expect(page.locator("#job .facts")).to_contain_text("2 of 2")
    expect(page.get_by_role("button", name=f"Promote version {version}")).to_be_visible()


def test_a_refused_stream_is_asked_for_again(browser: Browser, url: str) -> None:
    """As from a proxy, whose service restarts just then; a browser would give up for good."""
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            refusing(route)

    with visit(browser) as visited:
        page = visited.page
        page.route("**/train/*/events", refuse_once)
        page.goto(url)
        start_small_job(page)
        expect(page.locator(".verdict")).to_contain_text("does not show this job at the moment")
        expect(page.locator("#job .state")).to_have_text("Done", timeout=100_000)
        expect(page.locator("#job .facts")).to_contain_text("2 of 2")


def test_a_job_that_is_shown_no_more_is_forgotten(page: Page) -> None:
    """Its curves listen no longer: whoever looks at many jobs would keep them all."""
    page.evaluate(
        """() => {
            window.signals = [];
            const add = document.addEventListener;
            document.addEventListener = function (name, listener, options) {
                if (name === "themechange") window.signals.push(options?.signal);
                add.call(this, name, listener, options);
            };
        }"""
    )
    start_small_job(page)
    expect(page.locator("#job .state")).to_have_text("Done", timeout=100_000)
    page.locator("#jobs button").first.click()
    page.wait_for_function("window.signals.length === 4")
    assert page.evaluate("window.signals.map((signal) => signal.aborted)") == [True, True, False, False]


def test_a_job_can_be_stopped_and_go_on(page: Page, url: str) -> None:
    """Stop ends it as stopped; Go on takes it up again from its checkpoint, to the end."""
    page.locator("#train").scroll_into_view_if_needed()
    page.get_by_label("Hidden layers").fill("16")
    page.get_by_label("Epochs").fill("400")
    page.get_by_label("Training digits").select_option("5000")
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("#job .state")).to_have_text("Learning", timeout=100_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#job .state")).to_have_text("Stopped", timeout=100_000)
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.locator("#job .state")).to_have_text(re.compile("Waiting|Learning"), timeout=100_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#job .state")).to_have_text("Stopped", timeout=100_000)
    assert httpx.get(f"{url}/train?limit=1").json()["jobs"][0]["state"] == "cancelled"


def test_a_version_is_promoted_and_rolled_back(page: Page, url: str) -> None:
    """Promoted, another version answers the same picture; rolled back, the one before does."""
    aliases = httpx.get(f"{url}/aliases").json()["aliases"]
    page.get_by_role("button", name=f"Promote version {aliases['untrained']}").press("Enter")
    expect(page.locator("#version-note")).to_contain_text("Done")
    assert httpx.get(f"{url}/aliases").json()["aliases"]["production"] == aliases["untrained"]
    page.get_by_role("button", name=f"Roll back production from version {aliases['untrained']}").press(
        "Enter"
    )
    expect(
        page.get_by_role("button", name=f"Roll back production from version {aliases['production']}")
    ).to_be_visible()
    assert httpx.get(f"{url}/aliases").json()["aliases"] == aliases


def test_the_oldest_version_is_rolled_back_too(page: Page, url: str) -> None:
    """Promoted after a newer one, it has that one before it."""
    aliases = httpx.get(f"{url}/aliases").json()["aliases"]
    oldest, newer = aliases["production"], aliases["untrained"]
    assert oldest == httpx.get(f"{url}/models").json()["models"][0]["version"]
    page.get_by_role("button", name=f"Promote version {newer}").press("Enter")
    page.get_by_role("button", name=f"Promote version {oldest}", exact=True).press("Enter")
    page.get_by_role("button", name=f"Roll back production from version {oldest}").press("Enter")
    expect(page.get_by_role("button", name=f"Roll back production from version {newer}")).to_be_visible()
    assert httpx.get(f"{url}/aliases").json()["aliases"]["production"] == newer
    httpx.post(f"{url}/aliases/production/rollback").raise_for_status()


def test_a_list_of_versions_that_is_the_same_is_not_drawn_anew(page: Page) -> None:
    """It is fetched after every answer of another version: a button that goes from under a press does nothing."""
    expect(page.locator("#versions button").first).to_be_attached()
    assert page.evaluate(
        """async () => {
            const { refreshVersions } = await import("/page/js/versions.js");
            const button = document.querySelector("#versions button");
            await refreshVersions();
            return button.isConnected;
        }"""
    )


def test_no_way_back_is_said_in_plain_words(browser: Browser, url: str) -> None:
    """Only the service knows whether there is a way back."""

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json={"error": "expected an alias with an earlier version, got one"})

    with visit(browser) as visited:
        page = visited.page
        page.route("**/aliases", lambda route: route.fulfill(json={"aliases": {"production": "2"}}))
        page.route("**/aliases/production/rollback", refuse)
        page.goto(url)
        page.get_by_role("button", name="Roll back production from version 2").click()
        expect(page.locator("#version-note")).to_have_text(
            "There is nothing to go back to: production began with version 2."
        )


def test_the_page_tells_how_many_digits_are_learned_from(page: Page) -> None:
    """Those held out are not learned from, and are said beside."""
    parts = split(load("mnist"))
    lead = page.locator("#train .lead")
    expect(lead).to_contain_text(f"{len(parts.training):,} handwritten digits")
    expect(lead).to_contain_text(f"{len(parts.validation):,} more held out")


def test_the_picture_is_read_again_by_what_was_promoted(page: Page, url: str) -> None:
    """What is said of the picture is always said by the version that production points to: promoted, and rolled back."""
    aliases = httpx.get(f"{url}/aliases").json()["aliases"]
    sureness, provenance = page.locator("#sureness"), page.locator("#provenance")
    trained = sureness.inner_text()
    page.get_by_role("button", name=f"Promote version {aliases['untrained']}").press("Enter")
    expect(provenance).to_contain_text(f"Answered by version {aliases['untrained']} ")
    expect(sureness).not_to_have_text(trained)
    page.get_by_role("button", name=f"Roll back production from version {aliases['untrained']}").press(
        "Enter"
    )
    expect(provenance).to_contain_text(f"Answered by version {aliases['production']} ")
    expect(sureness).to_have_text(trained)


def test_a_process_that_hears_of_a_promotion_late_is_asked_again(page: Page, url: str) -> None:
    """Its first answer is still the old version's; the page does not leave it at that."""
    aliases = httpx.get(f"{url}/aliases").json()["aliases"]
    late: list[str] = []

    def behind(route: Route) -> None:
        late.append(route.request.url)
        if len(late) == 1:
            route.continue_(url=f"{url}/predict?include=image,layers&version={aliases['production']}")
        else:
            route.continue_()

    page.route("**/predict*", behind)
    page.get_by_role("button", name=f"Promote version {aliases['untrained']}").press("Enter")
    expect(page.locator("#provenance")).to_contain_text(f"Answered by version {aliases['untrained']} ")
    assert len(late) > 1
    httpx.post(f"{url}/aliases/production/rollback").raise_for_status()


def test_another_network_can_be_asked(page: Page, url: str) -> None:
    """The choice above the bars decides which version answers."""
    untrained = httpx.get(f"{url}/aliases").json()["aliases"]["untrained"]
    page.locator("#network").select_option("alias=untrained")
    expect(page.locator("#provenance")).to_contain_text(f"Answered by version {untrained} ")


def test_a_service_that_cannot_train_is_said_to_calmly(browser: Browser, url: str) -> None:
    """503 is no alarm: the page says that there is no training, with the service's reason."""
    with visit(browser) as visited:
        page = visited.page
        page.route(re.compile(r"/train(\?|$)"), refusing)
        page.goto(url)
        start_small_job(page)
        note = page.locator("#train-note")
        expect(note).to_contain_text("does not train at the moment")
        expect(note).to_contain_text("expected to reach the database")
        expect(note).to_have_class(re.compile("calm"))


def test_a_setting_out_of_range_is_named(browser: Browser, url: str) -> None:
    """What the service refuses is shown in its words; letters in the sizes are refused by the page itself."""
    with visit(browser) as visited:
        page = visited.page
        page.goto(url)
        page.get_by_label("Hidden layers").fill("99999")
        page.get_by_role("button", name="Start training").click()
        expect(page.locator("#train-note")).to_contain_text("network.hidden")
        page.get_by_label("Hidden layers").fill("many")
        page.get_by_role("button", name="Start training").click()
        expect(page.locator("#train-note")).to_contain_text("expected whole numbers")


def test_the_python_snippet_runs_as_it_is_shown(page: Page, tmp_path: Path) -> None:
    """Pasted beside a picture, the snippet prints the digit."""
    expect_digit(page, 3)
    page.get_by_role("radio", name="Python").check()
    (tmp_path / "digit.png").write_bytes(mnist_png(9))
    done = subprocess.run(
        [sys.executable, "-c", page.locator("#snippet").inner_text()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[0] == "9"


def test_the_last_answer_is_shown_whole(page: Page) -> None:
    """The answer in the developer's corner is the contract's, without what only the page asks for."""
    reply = page.locator("#reply")
    expect(reply).to_contain_text('"digit": 3')
    document = page.evaluate("JSON.parse(document.getElementById('reply').textContent)")
    assert set(document) == {
        "digit",
        "confidence",
        "activations",
        "abstained",
        "reason",
        "model",
        "preprocessing",
    }
    assert abs(sum(document["activations"]) - 1) < 1e-5
