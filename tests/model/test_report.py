"""The evaluation's report, and the robustness in it."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from model.artifact import Artifact
from model.assessing import assess_digits
from model.assessment import NON_DIGIT, Assessment, Curve
from model.dataset import Dataset
from model.predictor import Predictor
from model.report import data_url, render
from model.robustness import TRIALS, curve, digit_reader, sample
from model.training import Trained


@pytest.fixture(scope="module")
def predictor(small_trained: Trained) -> Predictor:
    """A small network, ready to read."""
    manifest = {"version": "3", "weights": {"digest": "sha256:00"}}
    return Predictor(Artifact(small_trained.network, small_trained.calibration, manifest))


@pytest.fixture(scope="module")
def page(predictor: Predictor, mnist: Dataset) -> str:
    """The report of some digits, and of pictures with names that are HTML."""
    digits = assess_digits(predictor, mnist.take(slice(0, 400)), "some <digits>")
    strange = Assessment(
        "strange",
        np.zeros((1, 784), np.uint8),
        np.array([NON_DIGIT], np.int8),
        np.array([4], np.int8),
        np.array([0.97], np.float32),
        np.array([""]),
        ('<b>".png',),
        (("torn.png", "expected a picture"),),
    )
    robustness = [("rotation, degrees", Curve((-10.0, 0.0, 10.0), (0.1, 0.02, 0.1)))]
    return render("Evaluation", {"version": "3"}, [digits, strange], robustness)


class Elements(HTMLParser):
    """Counts the elements of a page and checks that they close."""

    VOID = frozenset({"meta", "img", "br", "line", "circle", "polyline", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        """Note an element."""
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last one."""
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_has_its_parts(page: str) -> None:
    """Every element closes; four charts, and a picture for every mistake."""
    elements = Elements()
    elements.feed(page)
    assert elements.open == []
    assert elements.count["svg"] == 4
    assert elements.count["h2"] == 3
    assert elements.count["figure"] == elements.count["img"] > 1


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    """No script, nothing fetched: every source is a data URL."""
    assert "<script" not in page
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'src="([^"]*)"', page))
    assert re.findall(r"(?:href|url\()", page) == []


def test_names_are_text_not_markup(page: str) -> None:
    """A file may be called anything."""
    assert "some &lt;digits&gt;" in page
    assert "&lt;b&gt;&quot;.png" in page
    assert "<b>" not in page


def test_what_could_not_be_read_is_named(page: str) -> None:
    """With the reason."""
    assert "torn.png" in page
    assert "expected a picture" in page


def test_a_picture_is_shown_dark_on_light() -> None:
    """As it was written: 255 is ink and becomes black."""
    pixels = np.arange(784, dtype=np.uint32).astype(np.uint8)
    png = b64decode(data_url(pixels).removeprefix("data:image/png;base64,"))
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(png))).ravel(), 255 - pixels)


def test_the_sample_is_spread_over_the_set(mnist: Dataset) -> None:
    """First and last are in it, and never more than there are."""
    some = sample(mnist, 11)
    assert len(some) == 11
    np.testing.assert_array_equal(some.images[[0, -1]], mnist.images[[0, -1]])
    assert len(sample(some, 500)) == 11


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_one_amount_of_every_trial_changes_nothing(
    trial: object, predictor: Predictor, mnist: Dataset
) -> None:
    """There the error is that of the digits as they are; the curve has a value for every amount."""
    assert trial in TRIALS
    chosen = next(one for one in TRIALS if one is trial)
    digits = sample(mnist, 12)
    plain = assess_digits(predictor, digits, "plain").figures()["error"]
    found = curve(digit_reader(predictor), digits, chosen)
    assert found.x == chosen.amounts
    neutral = 1 if "times" in chosen.name else 0
    assert found.y[found.x.index(neutral)] == pytest.approx(plain)
    assert all(0 <= error <= 1 for error in found.y)
