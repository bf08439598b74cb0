"""Requests that share a forward pass: each gets its own row, and a network is never mixed with another."""

import asyncio
import gc
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest

from model import pixels
from model.normalisation.planes import Plane
from model.predictor import SURE, Predictor, Reading
from model.registry import Registry
from model.sources import load_test
from service.app import Numeral
from service.batching import FEW, LARGEST, PART, Batcher, Outcomes
from service.bodies import Submission
from service.pictures import Pictures
from tests.service.conftest import client_of, current, publish_tiny
from tests.service.pictures_of_digits import LOSSLESS, digits, png

TOLERANCE = 1e-6
PICTURES = Pictures(max_pixels=100_000, threads=1)


def unobserved() -> Batcher:
    """A batcher that tells nobody."""
    return Batcher(PICTURES, lambda _predictor, _pixels, _readings: None)


def observed_by(sizes: list[int]) -> Batcher:
    """A batcher that writes down how many pictures each pass had."""
    return Batcher(PICTURES, lambda _predictor, _pixels, readings: sizes.append(len(readings)))


@pytest.fixture
def predictors(tmp_path: Path) -> list[Predictor]:
    """Two small networks."""
    registry = Registry.open(tmp_path)
    return [Predictor(registry.load(publish_tiny(registry, seed))) for seed in (1, 2)]


def alone(predictor: Predictor, pixels: np.ndarray) -> Reading:
    """What a picture gets that shares its pass with none."""
    return predictor.read(pixels.reshape(1, -1), [None])[0]


@pytest.fixture(scope="module")
def lone(shipped_app: Numeral) -> list[Reading]:
    """What each of the test digits gets alone."""
    predictor = current(shipped_app)
    return [alone(predictor, image) for image in load_test().images]


async def test_each_caller_gets_its_own_row(shipped_app: Numeral) -> None:
    """150 pictures at once: the digit is that of the picture alone, the activations within 1e-6, in passes of many."""
    predictor = current(shipped_app)
    sizes: list[int] = []
    batcher = observed_by(sizes)
    images = load_test().images[:150]
    answers = await asyncio.gather(*(batcher.read(predictor, image, None) for image in images))
    assert sizes == [LARGEST, LARGEST, 150 - 2 * LARGEST]
    for image, (reading, *_) in zip(images, answers, strict=True):
        expected = alone(predictor, image)
        assert reading.digit == expected.digit
        assert np.abs(reading.activations - expected.activations).max() <= TOLERANCE
        assert abs(reading.confidence - expected.confidence) <= TOLERANCE


@pytest.mark.parametrize("size", [5, 32, LARGEST])
def test_every_test_digit_is_read_in_company_as_alone(
    shipped_app: Numeral, lone: list[Reading], size: int
) -> None:
    """All 10,000: the same digit and reason, activations and confidence within 1e-6; what is unsure to the bit."""
    predictor, images = current(shipped_app), load_test().images
    for start in range(0, len(images), size):
        rows = images[start : start + size]
        for found, expected in zip(
            predictor.read(rows, [None] * len(rows)), lone[start : start + size], strict=True
        ):
            assert (found.digit, found.reason) == (expected.digit, expected.reason)
            assert np.abs(found.activations - expected.activations).max() <= TOLERANCE
            assert abs(found.confidence - expected.confidence) <= TOLERANCE
            if max(expected.activations) < SURE - TOLERANCE:
                assert found.activations.tobytes() == expected.activations.tobytes()


async def test_requests_of_several_pictures_share_passes(shipped_app: Numeral) -> None:
    """Whoever brought one goes first, each gets its own rows, and what is too much for one pass is read in the next."""
    predictor = current(shipped_app)
    sizes: list[int] = []
    batcher, images = observed_by(sizes), load_test().images
    singles = [asyncio.create_task(batcher.read(predictor, image, None)) for image in images[500:550]]
    parts = [images[:20], images[20:60], images[60:200], images[200:210]]
    several = await asyncio.gather(
        *(batcher.read_rows(predictor, part, [None] * len(part)) for part in parts)
    )
    assert sum(sizes) == 50 + 210
    assert max(sizes) <= LARGEST
    assert sizes[0] == PART + 20  # the next part has 32 rows
    assert [reading.digit for found in several for reading in found.readings] == [
        alone(predictor, image).digit for image in images[:210]
    ]
    for task, image in zip(singles, images[500:550], strict=True):
        assert (await task).reading.digit == alone(predictor, image).digit


async def test_answers_go_out_between_passes(shipped_app: Numeral) -> None:
    """Whoever has been read is told before the next pass begins: nobody waits for pictures that are not in his."""
    predictor = current(shipped_app)
    told: list[str] = []
    batcher = Batcher(PICTURES, lambda _predictor, _pixels, _readings: told.append("pass"))
    images = load_test().images[:LARGEST]

    async def ask() -> None:
        await batcher.read_rows(predictor, images, [None] * len(images))
        told.append("answer")

    await asyncio.gather(*(ask() for _ in range(3)))
    assert told == ["pass", "answer"] * 3


async def test_nobody_is_told_that_others_files_took_no_time(shipped_app: Numeral) -> None:
    """Rows wait until the pictures that share their pass are decoded."""
    predictor, images = current(shipped_app), load_test().images[:PART]
    batcher = unobserved()
    file = Submission(image=png(np.full((100, 100), 255, np.uint8)))
    rows, one = await asyncio.gather(
        batcher.read_rows(predictor, images, [None] * len(images)), batcher.submit(predictor, file)
    )
    assert rows.waited >= one.prepared.decode + one.prepared.normalise


@pytest.mark.parametrize("broken", ["decoding", "reading", "observing"])
async def test_a_pass_that_fails_leaves_nobody_waiting(
    predictors: list[Predictor],
    broken: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever breaks in the pass of one network, all hear of it, other networks and the next pass go on, and none counts as waiting."""
    waiting = 0

    def count(more: int) -> None:
        nonlocal waiting
        waiting += more

    def fail(*_: object) -> None:
        raise MemoryError

    def observe(predictor: Predictor, *_: object) -> None:
        if predictor is predictors[0] and broken == "observing":
            fail()

    images = load_test().images
    batcher = Batcher(PICTURES, observe, count)
    if broken == "decoding":
        monkeypatch.setattr(batcher, "_prepared", lambda singles: fail() if singles else ([], []))
    elif broken == "reading":
        monkeypatch.setattr(predictors[0], "read", fail)
    found = await asyncio.gather(
        batcher.submit(predictors[0], Submission(image=png(digits(1)[0]))),
        batcher.read_rows(predictors[0], images[:LARGEST], [None for _ in range(LARGEST)]),
        batcher.read_rows(predictors[1], images[:9], [None] * 9),
        return_exceptions=True,
    )
    assert waiting == 0
    assert isinstance(found[2], Outcomes)
    assert [isinstance(outcome, MemoryError) for outcome in found[:2]] == [broken != "observing"] * 2
    gc.collect()  # a part's error that nobody has asked for would be logged now
    assert "a pass of" in caplog.text
    assert "never retrieved" not in caplog.text


def this_task() -> "asyncio.Task[None]":
    """The task that is running."""
    task = asyncio.current_task()
    assert task is not None
    return task


async def test_a_lone_request_always_has_the_same_bits(shipped_app: Numeral) -> None:
    """Whether it was read at once or took a turn to see if others come."""
    predictor = current(shipped_app)
    image = load_test().images[3]
    waiting, at_once = unobserved(), unobserved()
    at_once.crowd = [this_task()]
    readings = [(await b.read(predictor, image, None))[0] for b in (waiting, at_once) for _ in range(3)]
    assert {reading.activations.tobytes() for reading in readings} == {
        alone(predictor, image).activations.tobytes()
    }


async def test_a_quick_client_that_asks_again_is_still_alone(shipped_app: Numeral) -> None:
    """The request just answered is still in the crowd, but done; one that is being answered is company."""
    predictor, image = current(shipped_app), load_test().images[3]
    answered = asyncio.create_task(asyncio.sleep(0))
    other = asyncio.create_task(asyncio.sleep(60))
    await answered
    batcher = unobserved()
    waited = []
    for crowd in ([answered, this_task()], [answered, other, this_task()]):
        batcher.crowd = crowd
        waited.append((await batcher.read(predictor, image, None)).waited)
    other.cancel()
    assert waited[0] == 0
    assert waited[1] > 0


@pytest.mark.parametrize("count", [2, FEW])
async def test_a_few_at_once_have_the_bits_of_each_alone(shipped_app: Numeral, count: int) -> None:
    """They are read one after the other, which is quicker."""
    predictor = current(shipped_app)
    batcher, images = unobserved(), load_test().images[:count]
    answers = await asyncio.gather(*(batcher.read(predictor, image, None) for image in images))
    for image, (reading, *_) in zip(images, answers, strict=True):
        assert reading.activations.tobytes() == alone(predictor, image).activations.tobytes()


async def test_a_broken_picture_in_a_pass_breaks_no_other(shipped_app: Numeral) -> None:
    """Files that are decoded together: the torn one and the one of no format fail, the others are read as alone."""
    predictor = current(shipped_app)
    greys = [*digits(9), np.full((40, 40), 255, np.uint8)]
    files = [png(grey) for grey in greys]
    files[3:3], files[7:7] = [files[0][:60]], [b"no picture"]
    batcher = unobserved()
    answers = await asyncio.gather(
        *(batcher.submit(predictor, Submission(image=file)) for file in files), return_exceptions=True
    )
    failed = {i: type(answer).__name__ for i, answer in enumerate(answers) if isinstance(answer, Exception)}
    assert failed == {3: "ImageCorrupt", 7: "UnsupportedImage"}
    whole = [answer for answer in answers if not isinstance(answer, BaseException)]
    for grey, answer in zip(greys, whole, strict=True):
        lone = PICTURES.prepare_now(png(grey))
        assert np.array_equal(answer.prepared.pixels, lone.pixels)
        expected = predictor.read(lone.pixels.reshape(1, -1), [lone.normalised])[0]
        assert np.abs(answer.reading.activations - expected.activations).max() <= TOLERANCE
        assert (answer.reading.digit, answer.reading.reason) == (expected.digit, expected.reason)


async def test_a_picture_that_breaks_the_normaliser_breaks_no_other(
    shipped_app: Numeral, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of our own in one picture of a pass is the answer to that picture alone."""
    normalise_all = pixels.normalise_all

    def broken(greys: Sequence[Plane]) -> list[pixels.Normalised]:
        if any(grey.shape == (40, 40) for grey in greys):
            raise ZeroDivisionError
        return normalise_all(greys)

    monkeypatch.setattr(pixels, "normalise_all", broken)
    predictor = current(shipped_app)
    files = [png(grey) for grey in [*digits(5), np.zeros((40, 40), np.uint8)]]
    batcher = unobserved()
    answers = await asyncio.gather(
        *(batcher.submit(predictor, Submission(image=file)) for file in files), return_exceptions=True
    )
    assert [isinstance(answer, ZeroDivisionError) for answer in answers] == [False] * 5 + [True]


async def test_networks_are_not_mixed(predictors: list[Predictor]) -> None:
    """Requests for two networks in the same turn are read by the one each asked for."""
    sizes: list[int] = []
    batcher = observed_by(sizes)
    images = load_test().images[:20]
    answers = await asyncio.gather(
        *(batcher.read(predictors[i % 2], image, None) for i, image in enumerate(images))
    )
    assert sizes == [10, 10]
    for i, (image, (reading, *_)) in enumerate(zip(images, answers, strict=True)):
        assert np.abs(reading.activations - alone(predictors[i % 2], image).activations).max() <= TOLERANCE


async def test_whole_and_fractional_pixels_share_a_pass(predictors: list[Predictor]) -> None:
    """Bytes and floats of the same values are read alike."""
    batcher = unobserved()
    image = load_test().images[0]
    answers = await asyncio.gather(
        *(batcher.read(predictors[0], values, None) for values in (image, image.astype(np.float32)))
    )
    assert np.array_equal(answers[0][0].activations, answers[1][0].activations)


async def test_who_left_disturbs_nobody(predictors: list[Predictor]) -> None:
    """A request that was cancelled while it waited is skipped; an error reaches all who wait."""
    batcher = unobserved()
    image = load_test().images[0]
    tasks = [asyncio.ensure_future(batcher.read(predictors[0], image, None)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[1], asyncio.CancelledError)
    assert done[0][0].digit == done[2][0].digit  # type: ignore[index]
    wrong = [batcher.read(predictors[0], np.zeros(783, np.uint8), None) for _ in range(2)]
    errors = await asyncio.gather(*wrong, return_exceptions=True)
    assert [type(error).__name__ for error in errors] == ["ShapeMismatch"] * 2


async def test_answers_under_promotions_are_those_of_the_version_they_name(tiny_app: Numeral) -> None:
    """Eight clients while production goes back and forth 30 times: no request fails, none is answered by a mixture."""
    serving = tiny_app.services.serving
    bodies = [LOSSLESS["png"](grey) for grey in digits(8)]
    by_version = {name: serving.fetch(name) for name in ("1", "2")}
    expected = {
        (name, i): alone(predictor, grey.reshape(-1)).activations
        for name, predictor in by_version.items()
        for i, grey in enumerate(digits(8))
    }
    promoting = True
    seen: set[str] = set()

    async def ask(client: httpx.AsyncClient, i: int) -> None:
        while promoting:
            response = await client.post(
                "/predict", content=bodies[i].data, headers={"Content-Type": "image/png"}
            )
            assert response.status_code == 200
            answer = response.json()
            version = answer["model"]["version"]
            seen.add(version)
            assert answer["model"]["digest"] == by_version[version].digest
            assert np.abs(np.float32(answer["activations"]) - expected[version, i]).max() <= TOLERANCE

    async with client_of(tiny_app) as client:
        askers = [asyncio.ensure_future(ask(client, i)) for i in range(8)]
        for turn in range(30):
            response = await client.put("/aliases/production", json={"version": str(2 - turn % 2)})
            assert response.status_code == 200, response.text
        promoting = False
        await asyncio.gather(*askers)
    assert seen == {"1", "2"}
