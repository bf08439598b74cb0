"""The look inside and the four steps of learning show the network's true numbers."""

import re

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect
from safetensors.numpy import load

from tests.service.page.conftest import visit
from tests.service.page.hands import DIGITS, draw, expect_digit, expect_final


def figures(text: str) -> list[float]:
    """The numbers in a text, with their signs."""
    return [
        float(number) for number in re.findall(r"[+-]?\d+\.?\d*(?:e[+-]?\d+)?", text.replace("\u2212", "-"))
    ]


def test_a_neuron_shows_its_true_weighted_sum(page: Page, url: str) -> None:
    """The sum in the card is the one that the weights file gives for this picture."""
    page.locator("#inside").scroll_into_view_if_needed()
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response) if "/predict?" in response.url else None)
    draw(page, DIGITS[4])
    expect_final(page, 4)
    prediction = answers[-1].json()
    dot = page.locator(".neuron-dot").nth(5)
    dot.scroll_into_view_if_needed()
    dot.click()
    expect(page.locator("#neuron")).to_contain_text("weighted sum")
    title = page.locator("#neuron h3").inner_text()
    layer, index = (int(number) for number in figures(title))
    tensors = load(httpx.get(f"{url}/models/{prediction['model']['version']}/weights").content)
    inputs = np.array(prediction["layers"][0], np.float32)
    z = inputs @ tensors["layers.0.weight"][:, index] + tensors["layers.0.bias"][index]
    assert layer == 1
    sums = figures(page.locator("#neuron .sum").first.inner_text())
    assert abs(sums[3] - float(z)) < 0.006 * max(1, abs(z)), "the weighted sum"
    rounding = 0.005 * sum(abs(share) for share in sums) + 1e-6
    assert abs(sums[0] + sums[1] + sums[2] - sums[3]) <= rounding, "up, down and bias add up to it"
    shown = figures(page.locator("#neuron .sum").nth(1).inner_text())[-1]
    assert abs(shown - prediction["layers"][1][index]) < 0.006 * max(1, shown), "the activation"


def test_the_arrow_keys_walk_through_the_neurons(page: Page) -> None:
    """One tab stop enters the drawing; arrows move within and between layers, and the card follows."""
    page.locator("#inside").scroll_into_view_if_needed()
    page.locator(".neuron-dot[tabindex='0']").focus()
    title = page.locator("#neuron h3")
    expect(title).to_contain_text("Hidden layer 1, neuron")
    first = title.inner_text()
    page.keyboard.press("ArrowDown")
    expect(title).not_to_have_text(first)
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(title).to_contain_text("Output neuron")
    assert page.locator(".neuron-dot[tabindex='0']").count() == 1


def test_sampled_layers_are_said_to_be_sampled(page: Page) -> None:
    """Beside a layer that is not drawn whole stands how many of its neurons are drawn."""
    page.locator("#inside").scroll_into_view_if_needed()
    expect(page.locator("#sample-note")).to_contain_text("16 stand for each large layer")
    expect(page.locator("#diagram")).to_contain_text(re.compile(r"16 of [\d,]+"))


def test_before_any_answer_the_network_to_come_is_drawn(browser: Browser, url: str) -> None:
    """As the service says it is: every layer, silent."""
    sizes = next(
        model["architecture"]["sizes"]
        for model in httpx.get(f"{url}/models").json()["models"]
        if "production" in model["aliases"]
    )
    with visit(browser) as visited:
        visited.page.route("**/predict?*", lambda route: route.abort())
        visited.page.goto(url)
        visited.page.locator("#inside").scroll_into_view_if_needed()
        for size in sizes[1:-1]:
            expect(visited.page.locator("#diagram")).to_contain_text(f"16 of {size:,}")


def test_weights_that_cannot_be_had_are_asked_for_once(browser: Browser, url: str) -> None:
    """However much is drawn; the page says why no connections are drawn, until another version answers."""
    asked: list[str] = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=409, json={"error": "expected whole weights, got damaged ones"})

    with visit(browser) as visited:
        page, note = visited.page, visited.page.locator("#sample-note")
        page.route("**/models/1/weights", fail)
        page.goto(url)
        page.locator("#inside").scroll_into_view_if_needed()
        expect(note).to_have_text("Connections cannot be drawn: expected whole weights, got damaged ones")
        draw(page, DIGITS[4])
        expect_final(page, 4)
        expect(note).to_contain_text("Connections cannot be drawn")
        assert len(asked) == 1
        page.locator("#network").select_option("version=2")
        expect(note).to_contain_text("The strongest connections")


def test_without_a_picture_no_neuron_has_a_number(page: Page) -> None:
    """After Clear no output is the answer, and neither drawing, card nor grids keep numbers of the picture that was there."""
    page.locator("#every summary").click()
    expect(page.locator("#neuron")).to_contain_text("weighted sum")
    expect(page.locator("#diagram circle.best")).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#diagram .best")).to_have_count(0)
    expect(page.locator("#neuron")).to_have_text(re.compile("^Draw a digit, then point at a neuron"))
    page.locator(".neuron-dot").last.click()
    expect(page.locator(".neuron-dot").last).to_have_attribute("aria-label", "Output, neuron 9: no picture")
    expect(page.locator("#neuron")).to_have_text(re.compile("^Draw a digit, then point at a neuron"))
    said = page.locator("#diagram .out-label + text").all_text_contents()
    assert said == ["\u2013"] * 10
    expect(page.locator("#grids figcaption").last).to_have_text("Output: no picture")
    page.get_by_role("button", name="Draw a sample 6", exact=True).click()
    expect(page.locator("#neuron h3")).to_have_text("Output neuron 9: the digit 9")


def test_every_neuron_can_be_looked_at_in_the_grids(page: Page) -> None:
    """The grids have one square for each neuron of each layer."""
    page.locator("#every summary").click()
    grids = page.locator("#grids canvas")
    expect(grids.first).to_be_visible()
    sizes = [
        int(re.findall(r": (\d+) neurons", name or "")[0])
        for name in (grid.get_attribute("aria-label") for grid in grids.all())
    ]
    assert (sizes[0], sizes[-1]) == (784, 10)
    grids.last.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#neuron h3")).to_have_text("Output neuron 1: the digit 1")


def test_a_step_towards_the_right_label_lowers_the_loss(page: Page) -> None:
    """For a 7 that is really a 1, the four steps show the numbers of the service, and the loss falls."""
    draw(page, DIGITS[7])
    expect_digit(page, 7)
    page.locator("#learn").scroll_into_view_if_needed()
    expect(page.locator("#steps")).to_be_visible()
    page.locator("#labels label").nth(1).click()
    expect(page.locator("#compare-words")).to_contain_text("The output for 1 is")
    before, after = (figures(text)[-1] for text in page.locator(".loss > div").all_inner_texts())
    assert after < before
    nudges = [figures(text)[0] for text in page.locator(".compare tbody td:last-child").all_inner_texts()]
    assert nudges[1] > 0 > nudges[7]
    assert abs(sum(nudges)) < 0.01, "desired and current outputs both add up to 1"


def test_the_four_steps_are_those_of_the_service(page: Page) -> None:
    """Loss, nudges and the strongest change on the page are the ones in the answer of /explain."""
    page.locator("#learn").scroll_into_view_if_needed()
    expect(page.locator("#steps")).to_be_visible()
    answers: list[Response] = []
    page.on(
        "response",
        lambda r: answers.append(r) if "/explain?" in r.url and "production" in r.url else None,
    )
    page.locator("#labels label").nth(8).click()
    expect(page.locator("#compare-words")).to_contain_text("The output for 8 is")
    explained = answers[-1].json()
    assert explained["label"] == 8
    shown = [figures(text)[-1] for text in page.locator(".loss > div").all_inner_texts()]
    np.testing.assert_allclose(shown, [explained["loss"]["before"], explained["loss"]["after"]], rtol=0.05)
    nudges = [figures(text)[0] for text in page.locator(".compare tbody td:last-child").all_inner_texts()]
    np.testing.assert_allclose(
        nudges, [output["nudge"] for output in explained["outputs"]], rtol=0.01, atol=1e-3
    )
    strongest = explained["layers"][0]["weight_changes"][0]
    expect(page.locator("#change-words")).to_contain_text(f"neuron {strongest['from']}")


def test_the_learning_rate_changes_the_loss_after(page: Page) -> None:
    """Moving the slider asks again, and every rate tried leaves a dot."""
    page.locator("#learn").scroll_into_view_if_needed()
    expect(page.locator("#steps")).to_be_visible()
    after = page.locator(".loss b").last
    before = after.inner_text()
    page.locator("#rate").focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    expect(after).not_to_have_text(before)
    expect(page.locator("#apply circle").nth(1)).to_be_visible()


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (0.5, 0.4, "One step, and the network is surer"),
        (0.4, 0.5, "The step was too long"),
        (0.4, 0.4, "The step was too short"),
        (0.0, 0.0, "nothing left to learn"),
    ],
)
def test_the_verdict_is_that_of_the_loss(page: Page, before: float, after: float, verdict: str) -> None:
    """A step that changes nothing was not too long."""

    def answer(route: Route) -> None:
        explained = route.fetch().json()
        explained["loss"] = {"before": before, "after": after}
        route.fulfill(json=explained)

    page.route("**/explain*", answer)
    page.locator("#learn").scroll_into_view_if_needed()
    expect(page.locator("#apply-words")).to_contain_text(verdict)
    expect(page.locator(".loss b.worse")).to_have_count(int(after > before))


def test_the_untrained_network_is_compared_with_the_one_that_answers(page: Page) -> None:
    """Which need not be the one in production."""
    page.locator("#network").select_option("version=1")
    page.locator("#learn").scroll_into_view_if_needed()
    expect(page.locator("#versus tbody tr")).to_have_count(2)
    with page.expect_request(lambda request: request.url.endswith("&version=1")):
        page.get_by_role("radio", name="Never trained").check()


def test_the_untrained_network_can_be_compared(page: Page) -> None:
    """Switched to the network that never learned, the steps start from a much greater loss."""
    page.locator("#learn").scroll_into_view_if_needed()
    expect(page.locator("#steps")).to_be_visible()
    loss = page.locator(".loss b").first
    trained = figures(loss.inner_text())[0]
    expect(page.locator("#versus tbody tr")).to_have_count(2)
    page.get_by_role("radio", name="Never trained").check()
    expect(page.locator("#versus tbody tr").first).to_contain_text("Never trained")
    assert figures(loss.inner_text())[0] > trained
