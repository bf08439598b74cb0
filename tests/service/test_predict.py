"""``POST /predict`` and ``/predict/batch`` in every form of body."""

from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from tests.service.pictures_of_digits import LOSSLESS, Body, as_json, digits, encoded, multipart, png

TEN = 10


async def post(client: httpx.AsyncClient, body: Body, path: str = "/predict") -> Any:
    """The answer to a body, which must be a success."""
    response = await client.post(path, content=body.data, headers={"Content-Type": body.kind})
    assert response.status_code == 200, response.text
    return response.json()


async def test_every_lossless_form_gives_the_same_bits(client: httpx.AsyncClient) -> None:
    """200 test digits in a dozen forms: activations, digit and confidence are equal to the last bit."""
    for grey in digits(200):
        answers = [await post(client, form(grey)) for form in LOSSLESS.values()]
        first = {name: answers[0][name] for name in ("digit", "confidence", "activations", "reason")}
        for name, answer in zip(LOSSLESS, answers, strict=True):
            assert {key: answer[key] for key in first} == first, name


async def test_a_jpeg_is_read_like_the_picture_it_was_made_from(client: httpx.AsyncClient) -> None:
    """At good quality, nearly every digit stays what it was."""
    same = 0
    for grey in digits(100):
        whole = await post(client, LOSSLESS["png"](grey))
        lossy = await post(client, Body(encoded(grey, "JPEG", quality=95), "image/jpeg"))
        same += whole["digit"] == lossy["digit"]
    assert same >= 98
    jpeg = encoded(digits(1)[0], "JPEG", quality=95)
    answers = [await post(client, Body(jpeg, kind)) for kind in ("image/jpeg", "image/jpg", "IMAGE/JPG; q=1")]
    assert [answer["activations"] for answer in answers] == [answers[0]["activations"]] * 3


async def test_the_answer_has_the_members_of_the_contract(client: httpx.AsyncClient) -> None:
    """Ten activations with sum 1, the arg-max, the network that answered, and what was done to the picture."""
    answer = await post(client, LOSSLESS["png"](digits(1)[0]))
    assert list(answer) == [
        "digit", "confidence", "activations", "abstained", "reason", "model", "preprocessing"
    ]  # fmt: skip
    assert answer["digit"] == int(np.argmax(answer["activations"])) == 7
    assert len(answer["activations"]) == TEN
    assert sum(answer["activations"]) == pytest.approx(1, abs=1e-6)
    assert answer["model"]["version"] == "1"
    assert answer["model"]["digest"].startswith("sha256:")
    assert answer["preprocessing"] == {
        "version": "5", "inverted": False, "rotated": 0, "box": [6, 7, 22, 27], "source_size": [28, 28],
        "components": 1,
    }  # fmt: skip
    assert (answer["abstained"], answer["reason"]) == (False, None)


async def test_pixels_have_no_preprocessing(client: httpx.AsyncClient) -> None:
    """Pixels are taken as they are."""
    assert (await post(client, LOSSLESS["rows"](digits(1)[0])))["preprocessing"] is None


async def test_fractions_of_a_grey_value_count(client: httpx.AsyncClient) -> None:
    """A pixel of 127.5 is neither 127 nor 128."""
    activations = []
    for value in (127, 127.5, 128):
        pixels: list[float] = [float(v) for v in digits(1)[0].reshape(-1)]
        pixels[14 * 28 + 14] = value
        activations.append((await post(client, as_json(pixels=pixels)))["activations"])
    assert activations[0] != activations[1] != activations[2]


async def test_a_blank_picture_is_abstained_from(client: httpx.AsyncClient) -> None:
    """An empty sheet has a digit, as every answer, but says not to trust it."""
    answer = await post(client, Body(png(np.full((60, 60), 255, np.uint8)), "image/png"))
    assert (answer["abstained"], answer["reason"]) == (True, "blank")
    assert answer["confidence"] < 0.5


async def test_several_digits_are_counted(client: httpx.AsyncClient) -> None:
    """Two digits side by side are no digit, and the answer says how many there are."""
    pair = np.hstack([digit.repeat(4, axis=0).repeat(4, axis=1) for digit in digits(2)])
    answer = await post(client, LOSSLESS["png"](pair))
    assert (answer["abstained"], answer["reason"]) == (True, "not_a_digit")
    assert answer["preprocessing"]["components"] == 2


async def test_include_adds_the_picture_and_the_layers(
    client: httpx.AsyncClient, shipped_sizes: list[int]
) -> None:
    """The picture is what the network saw; the last layer is the answer's activations."""
    grey = digits(1)[0]
    answer = await post(client, LOSSLESS["png"](grey), "/predict?include=image,layers")
    again = await post(client, as_json(image=answer["image"]))
    assert again["activations"] == answer["activations"]
    assert [len(layer) for layer in answer["layers"]] == shipped_sizes
    assert answer["layers"][0] == pytest.approx((grey.reshape(-1) / 255).tolist(), abs=1e-6)
    assert answer["layers"][-1] == pytest.approx(answer["activations"], abs=1e-6)


@pytest.mark.parametrize("query", ["version=2", "alias=untrained"])
async def test_another_network_can_be_asked(client: httpx.AsyncClient, query: str) -> None:
    """By version or alias; the answer names it."""
    answer = await post(client, LOSSLESS["png"](digits(1)[0]), f"/predict?{query}")
    assert answer["model"]["version"] == "2"
    assert answer["confidence"] < 0.5


async def test_the_time_of_each_phase_is_told(client: httpx.AsyncClient) -> None:
    """In the header that browsers show."""
    body = LOSSLESS["png"](digits(1)[0])
    response = await client.post("/predict", content=body.data, headers={"Content-Type": body.kind})
    phases = [entry.split(";")[0].strip() for entry in response.headers["Server-Timing"].split(",")]
    assert phases == ["receive", "decode", "normalise", "queue", "forward", "encode"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_base64_may_be_broken_into_lines(client: httpx.AsyncClient, end: str) -> None:
    """As mail and the command `base64` do."""
    whole = orjson.loads(LOSSLESS["base64"](digits(1)[0]).data)["image"]
    lines = end.join(whole[start : start + 76] for start in range(0, len(whole), 76)) + end
    assert await post(client, as_json(image=lines)) == await post(client, as_json(image=whole))


async def test_a_batch_answers_in_order(client: httpx.AsyncClient) -> None:
    """As JSON and as a form; the readings are those of the single pictures, within rounding."""
    greys = digits(40)
    singles = [await post(client, LOSSLESS["png"](grey)) for grey in greys]
    images = [LOSSLESS["data-url" if i % 2 else "base64"](grey) for i, grey in enumerate(greys)]
    json_body = as_json(images=[orjson.loads(body.data)["image"] for body in images])
    for body in (json_body, multipart(*(png(grey) for grey in greys))):
        predictions = (await post(client, body, "/predict/batch"))["predictions"]
        assert [p["digit"] for p in predictions] == [s["digit"] for s in singles]
        for prediction, single in zip(predictions, singles, strict=True):
            assert prediction["activations"] == pytest.approx(single["activations"], abs=1e-6)
            assert prediction["preprocessing"] == single["preprocessing"]


async def test_one_bad_picture_of_a_batch_is_its_own_error(client: httpx.AsyncClient) -> None:
    """The others are read."""
    good = png(digits(1)[0])
    predictions = (await post(client, multipart(good, b"no picture", good[:100], good), "/predict/batch"))[
        "predictions"
    ]
    assert [list(p) == ["error"] for p in predictions] == [False, True, True, False]
    assert predictions[0] == predictions[3]


async def test_a_large_photo_is_read_too(client: httpx.AsyncClient) -> None:
    """A digit on a sheet of two megapixels, decoded in a thread; its box is told in the photo's own pixels."""
    sheet = np.full((1200, 1600), 230, np.uint8)
    sheet[400:680, 700:980] -= np.kron(digits(1)[0] // 2, np.ones((10, 10), np.uint8))
    answer = await post(client, Body(encoded(sheet, "JPEG", quality=90), "image/jpeg"))
    assert answer["digit"] == 7
    assert answer["preprocessing"]["source_size"] == [1600, 1200]
    x0, y0, x1, y1 = answer["preprocessing"]["box"]
    assert 690 < x0 < x1 < 990
    assert 390 < y0 < y1 < 690
