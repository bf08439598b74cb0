"""Drawing, loading and correcting a picture in a real browser."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.service.page.conftest import visit
from tests.service.page.hands import DIGITS, draw, expect_digit, expect_final, mnist_png


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_drawn_with_the_mouse_is_read(page: Page, digit: int) -> None:
    """Moves of the mouse become ink, and the network reads it; the sample that stood there is gone."""
    draw(page, DIGITS[digit])
    expect_digit(page, digit)
    expect(page.locator("#words")).to_have_text(re.compile(str(digit)))
    expect(page.locator("#bars .best .bar-name")).to_have_text(str(digit))
    expect(page.locator("#seen")).to_have_attribute("aria-label", re.compile(f"saw: [A-Z].*{digit}"))


def test_every_sample_digit_is_read_as_what_it_is(page: Page) -> None:
    """The ten samples drawn by the page itself are read rightly by the shipped network."""
    for digit in range(10):
        page.get_by_role("button", name=f"Draw a sample {digit}", exact=True).click()
        expect_digit(page, digit)


def test_samples_are_drawn_stroke_by_stroke_where_motion_is_welcome(browser: Browser, url: str) -> None:
    """Without a wish for stillness the first sample grows, and its answer is right when it is whole."""
    with visit(browser, reduced_motion="no-preference") as visited:
        visited.page.goto(url)
        expect_digit(visited.page, 3)
        assert visited.complaints == []


def test_the_keyboard_alone_can_draw_undo_and_clear(page: Page) -> None:
    """Arrow keys move the pen, Space sets and lifts it: a stroke straight down is a 1."""
    page.locator("#pad").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#words")).to_have_text("Nothing drawn yet.")
    page.keyboard.press("Space")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect_digit(page, 1)
    page.keyboard.press("Backspace")
    expect(page.locator("#words")).to_have_text("Nothing drawn yet.")


def test_a_second_finger_does_not_take_over_the_stroke(browser: Browser, url: str) -> None:
    """Nor does it begin another, so one Undo takes all back; when the first is lifted, the next may draw."""
    with visit(browser, has_touch=True) as visited:
        page = visited.page
        page.goto(url)
        page.locator("#sureness", has_text="Confidence").wait_for()
        page.get_by_role("button", name="Clear").click()
        box = page.locator("#pad").bounding_box()
        assert box is not None
        touch = page.context.new_cdp_session(page)

        def fingers(kind: str, *places: tuple[float, float]) -> None:
            points = [
                {"id": n, "x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
                for n, (x, y) in enumerate(places)
            ]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        for _ in range(2):
            fingers("touchStart", (0.5, 0.15))
            fingers("touchStart", (0.5, 0.15), (0.2, 0.2))
            for n in range(10):
                fingers("touchMove", (0.5, 0.15 + 0.07 * n), (0.2, 0.2 + 0.07 * n))
            fingers("touchEnd")
            expect_final(page, 1)
            page.get_by_role("button", name="Undo").click()
            expect(page.locator("#words")).to_have_text("Nothing drawn yet.")
        assert visited.complaints == []


def test_undo_takes_the_last_stroke_back(page: Page) -> None:
    """A 1 with a second stroke through it is a 1 again after Undo."""
    draw(page, DIGITS[1])
    expect_final(page, 1)
    before = page.locator("#sureness").inner_text()
    draw(page, [((0.2, 0.3), (0.8, 0.3)), ((0.2, 0.7), (0.8, 0.7))])
    expect(page.locator("#sureness")).not_to_have_text(before)
    page.get_by_role("button", name="Undo").click()
    page.keyboard.press("Control+z")
    expect(page.locator("#sureness")).to_have_text(before)


def test_a_loaded_picture_is_sent_as_it_is(page: Page) -> None:
    """The chosen file itself is sent, not a copy from the pad, and its digit is read."""
    page.locator("#file").set_input_files(
        {"name": "five.png", "mimeType": "image/png", "buffer": mnist_png(5)}
    )
    expect_digit(page, 5)
    expect(page.locator("#provenance")).to_contain_text(re.compile(r"pixels of 140 . 140\."))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_and_light_are_told_of_loaded_pictures_only(browser: Browser, url: str, scheme: str) -> None:
    """Of a drawing the page does not say that it is dark on light, for on the pad it may be the other way round."""
    with visit(browser, color_scheme=scheme) as visited:
        page, provenance = visited.page, visited.page.locator("#provenance")
        page.goto(url)
        draw(page, DIGITS[7])
        expect_digit(page, 7)
        expect(provenance).to_contain_text(re.compile(r"Found the strokes, \d+ . \d+ pixels of 280 . 280\."))
        page.locator("#file").set_input_files(
            {"name": "five.png", "mimeType": "image/png", "buffer": mnist_png(5)}
        )
        expect(provenance).to_contain_text("Found dark ink on light paper")


def test_a_picture_can_be_pasted_and_dropped(page: Page) -> None:
    """Clipboard and drop carry the same file as the file chooser."""
    for name, digit in (("paste", 2), ("drop", 6)):
        page.evaluate(
            """([name, bytes]) => {
                const carried = new DataTransfer();
                carried.items.add(new File([new Uint8Array(bytes)], "digit.png", { type: "image/png" }));
                const event = name === "paste" ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true })
                    : new DragEvent("drop", { dataTransfer: carried, bubbles: true });
                document.body.dispatchEvent(event);
            }""",
            [name, list(mnist_png(digit))],
        )
        expect_digit(page, digit)


def test_a_file_that_is_no_picture_is_refused_in_plain_words(browser: Browser, url: str) -> None:
    """The service's own sentence is shown, and a digit drawn afterwards makes it go away."""
    with visit(browser) as visited:
        page = visited.page
        page.goto(url)
        page.locator("#file").set_input_files(
            {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture at all"}
        )
        refused = httpx.post(
            f"{url}/predict", content=b"no picture at all", headers={"Content-Type": "image/png"}
        )
        expect(page.get_by_role("alert")).to_have_text(refused.json()["error"])
        before = page.locator("#pad").bounding_box()
        draw(page, DIGITS[7])
        expect_digit(page, 7)
        expect(page.get_by_role("alert")).to_be_hidden()
        assert page.locator("#pad").bounding_box() == before  # the pad does not move under the pen


def test_a_picture_is_sent_again_when_the_service_is_back(browser: Browser, url: str) -> None:
    """Meanwhile the page does not say that there is none."""
    with visit(browser) as visited:
        page = visited.page
        page.goto(url)
        page.locator("#sureness", has_text="Confidence").wait_for()
        page.route("**/predict*", lambda route: route.abort())
        draw(page, DIGITS[7])
        expect(page.get_by_role("alert")).to_contain_text("does not answer")
        expect(page.locator("#words")).to_have_text("No answer.")
        page.locator("#learn").scroll_into_view_if_needed()
        expect(page.locator("#learn-note")).to_contain_text("Without an answer")
        page.unroute("**/predict*")
        expect_digit(page, 7)
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.locator("#steps")).to_be_visible()


def test_an_empty_picture_is_abstained_from_in_plain_words(page: Page) -> None:
    """A white picture has no digit to show; the page says why."""
    page.evaluate(
        """() => new Promise((resolve) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 60;
            const context = canvas.getContext("2d");
            context.fillStyle = "white";
            context.fillRect(0, 0, 60, 60);
            canvas.toBlob((blob) => {
                const carried = new DataTransfer();
                carried.items.add(new File([blob], "white.png", { type: "image/png" }));
                document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true }));
                resolve();
            });
        })"""
    )
    expect(page.locator("#words")).to_have_text("I see no ink.")


def test_a_late_answer_does_not_come_back_after_clear(page: Page) -> None:
    """An answer that arrives when the pad is empty again is not shown."""
    late: list[str] = []

    def hold(route: Route) -> None:
        response = route.fetch()
        late.append(response.text())
        if len(late) == 1:
            page.get_by_role("button", name="Clear").click()
            expect(page.locator("#words")).to_have_text("Nothing drawn yet.")
        route.fulfill(response=response)

    page.evaluate("""() => {
        window.shown = [];
        new MutationObserver(() => window.shown.push(document.getElementById("digit").textContent))
            .observe(document.getElementById("digit"), { childList: true });
    }""")
    page.route("**/predict*", hold)
    page.get_by_role("button", name="Draw a sample 8", exact=True).click()
    expect(page.locator("#clear")).to_be_disabled()
    page.get_by_role("button", name="Draw a sample 6", exact=True).click()
    expect_digit(page, 6)
    assert '"digit":8' in late[0]
    assert "8" not in page.evaluate("window.shown")


def test_work_that_fails_once_does_not_end_all_work(page: Page) -> None:
    """What came meanwhile is done, and so is what comes later."""
    done = page.evaluate(
        """async () => {
            const { latest } = await import("/page/js/latest.js");
            const done = [];
            const run = latest(async (value) => {
                await null;
                if (value === "bad") throw new Error("as it may happen");
                done.push(value);
            }, 0);
            const failing = run("bad").catch(() => done.push("failed"));
            run("meanwhile");
            await failing;
            while (done.length < 2) await new Promise((resolve) => setTimeout(resolve));
            await run("later");
            while (done.length < 3) await new Promise((resolve) => setTimeout(resolve));
            return done;
        }"""
    )
    assert sorted(done) == ["failed", "later", "meanwhile"]


def test_a_correction_is_kept_counted_and_taken_back(page: Page, url: str) -> None:
    """Saying what the picture really is stores it under that label; taking it back removes it."""
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    page.locator("#labels label").nth(1).click()
    page.get_by_role("button", name="Keep as an example of 1").click()
    expect(page.locator("#kept")).to_have_text(re.compile("Kept as a 1"))
    assert httpx.get(f"{url}/examples").json()["per_label"]["1"] == 1
    expect(page.locator("#counts .counts > div").nth(1)).to_have_text(
        "11"
    )  # the count, and the digit below it
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#kept")).to_have_text("Taken back.")
    assert httpx.get(f"{url}/examples").json()["total"] == 0


def test_an_example_of_somebody_else_is_not_taken_back(page: Page, url: str) -> None:
    """A picture that was kept before, as everybody's samples are, gets the new label; deleting it is nobody's here."""
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    for digit, words in ((1, "Kept as a 1"), (8, "kept before. It is a 8")):
        page.locator("#labels label").nth(digit).click()
        page.get_by_role("button", name=f"Keep as an example of {digit}").click()
        expect(page.locator("#kept")).to_contain_text(words)
    expect(page.get_by_role("button", name="Take it back")).to_be_hidden()
    (kept,) = httpx.get(f"{url}/examples?limit=5").json()["examples"]
    assert kept["label"] == 8
    httpx.delete(f"{url}/examples/{kept['id']}")


def test_a_browser_that_stores_nothing_is_served_all_the_same(browser: Browser, url: str) -> None:
    """Where it is told to keep no data of sites, asking for its storage fails; reading and the colours work."""
    with visit(browser) as visited:
        visited.page.add_init_script(
            """for (const name of ["localStorage", "sessionStorage"])
                Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });"""
        )
        visited.page.goto(url)
        draw(visited.page, DIGITS[7])
        expect_digit(visited.page, 7)
        visited.page.locator("#theme").click()
        expect(visited.page.locator("html")).to_have_attribute("data-theme", "light")
        assert visited.complaints == []


def test_a_key_is_asked_for_and_kept_for_the_tab_only(browser: Browser, url: str) -> None:
    """After a 401 the page asks once, sends the key from then on, and keeps it in the session's storage alone."""

    def guard(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer a-key-of-the-test":
            route.continue_()
        else:
            route.fulfill(
                status=401, content_type="application/problem+json", body='{"error": "expected an API key"}'
            )

    with visit(browser) as visited:
        page = visited.page
        page.route("**/predict*", guard)
        page.goto(url)
        page.get_by_label("API key").fill("a-key-of-the-test")
        page.keyboard.press("Enter")
        expect_digit(page, 3)
        assert page.evaluate("Object.values(sessionStorage)") == ["a-key-of-the-test"]
        assert page.evaluate("Object.values(localStorage)") == []
