"""Requests of the Open Inference Protocol: what does not fit is refused before anything is made of it."""

import json
import tracemalloc
from typing import Any

import numpy as np
import pytest

from service.errors import ApiError
from service.protocols.v2_request import Wanted, glance, parse
from tests.service.protocols.requests import LENGTH, binary, floats, in_json, pixels, plain, with_lengths

Body = tuple[bytes, dict[str, str]]
MOST = 256


def parsed(body: Body) -> Any:
    """What the parser makes of a body."""
    data, headers = body
    length = next(iter(headers.values()), None)
    return parse(data, None if length is None else length.encode("latin1"), MOST)


def image(data: bytes, **changes: Any) -> Body:
    """A request with an image input whose bytes are these."""
    tensor = {
        "name": "image",
        "datatype": "BYTES",
        "shape": [1],
        "parameters": {"binary_data_size": len(data)},
    }
    return binary([tensor | changes], data)


GOOD = floats(7)
TWO_TO_40 = 1 << 40

REFUSED: dict[str, Body] = {
    **{f"a header length of {length!r}": binary([pixels()], GOOD, length=length)
       for length in ("-1", "abc", "99999999", "1e3", "+5", " ", "", "5.0", "0x10", "0", "9" * 40, "\xb2")},
    "fewer bytes than the shape says": binary([pixels(parameters={"binary_data_size": 3132})], floats(7, 783)),
    "more bytes than the shape says": binary([pixels(parameters={"binary_data_size": 3140})], floats(7, 785)),
    "a size beyond the body": binary([pixels(parameters={"binary_data_size": TWO_TO_40})], GOOD),
    "a negative size": binary([pixels(parameters={"binary_data_size": -1})], GOOD),
    "a size that is a string": binary([pixels(parameters={"binary_data_size": "3136"})], GOOD),
    "a size that is true": binary([pixels(parameters={"binary_data_size": True})], b"1"),
    "a byte left over": binary([pixels()], GOOD + b"x"),
    "a byte missing": binary([pixels()], GOOD[:-1]),
    "bytes nobody asked for": binary([in_json([0] * 784)], b"x"),
    "data twice": binary([pixels(data=[0] * 784)], GOOD),
    "no data": plain([pixels(parameters=None)]),
    "2^40 columns": binary([pixels(shape=[1, TWO_TO_40])], GOOD),
    "no pictures": binary([pixels(shape=[0, 784], parameters={"binary_data_size": 0})], b""),
    "a negative shape": binary([pixels(shape=[-1, 784])], GOOD),
    "a shape of floats": binary([pixels(shape=[1.0, 784])], GOOD),
    "a shape with true": binary([pixels(shape=[True, 784])], GOOD),
    "one dimension": binary([pixels(shape=[784])], GOOD),
    "another order": binary([pixels(shape=[784, 1])], GOOD),
    "no shape": binary([pixels(shape=None)], GOOD),
    **{f"the datatype {datatype!r}": binary([pixels(datatype=datatype)], GOOD)
       for datatype in ("fp32", "Fp32", "FP64", "INT64", "BYTES", "", 5, None)},
    "an input twice": binary([pixels(), pixels()], GOOD + GOOD),
    "an unknown input": binary([pixels(name="pixel")], GOOD),
    "an input in capitals": binary([pixels(name="Pixels")], GOOD),
    "no inputs": plain([]),
    "inputs that are no list": plain({}),
    "an input that is no object": plain([1]),
    "an output twice": binary([pixels()], GOOD, outputs=[{"name": "digit"}, {"name": "digit"}]),
    "an unknown output": binary([pixels()], GOOD, outputs=[{"name": "Digit"}]),
    "outputs that are no list": binary([pixels()], GOOD, outputs={"name": "digit"}),
    "an output that is no object": binary([pixels()], GOOD, outputs=["digit"]),
    "binary_data that is a string": binary(
        [pixels()], GOOD, outputs=[{"name": "digit", "parameters": {"binary_data": "yes"}}]
    ),
    "a classification": binary([pixels()], GOOD, outputs=[{"name": "digit", "parameters": {"classification": 3}}]),
    "shared memory": plain([pixels(parameters={"shared_memory_region": "r", "shared_memory_byte_size": 3136})]),
    "parameters that are a list": plain([pixels(parameters=[])]),
    "an id that is a number": binary([pixels()], GOOD, id=5),
    **{f"pixels of {value}": binary([pixels()], floats(value))
       for value in (float("nan"), float("inf"), -float("inf"), -1, 256)},
    "783 numbers": plain([in_json([0] * 783)]),
    "numbers as strings": plain([in_json(["0"] * 784)]),
    "true and false": plain([in_json([True] * 784)]),
    "one true": plain([in_json([0] * 783 + [True])]),
    "one false among bytes": plain([in_json([1] * 783 + [False], datatype="UINT8")]),
    "one string among fractions": plain([in_json([0.5] * 783 + ["0"])]),
    "nulls": plain([in_json([None] * 784)]),
    "a number too large for a float": plain([in_json([1e300] * 784)]),
    "an object as data": plain([in_json({})]),
    "ragged rows": plain([in_json([[0] * 783, [0] * 785], shape=[2, 784])]),
    "nesting of another shape": plain([in_json([[[0] * 784]], shape=[1, 28, 28])]),
    "fractions of UINT8": plain([in_json([0.5] * 784, datatype="UINT8")]),
    "256 as UINT8": plain([in_json([256] * 784, datatype="UINT8")]),
    "no JSON": (b"\x89PNG", {}),
    "nothing": (b"", {}),
    "a list": (b"[]", {}),
    "deep nesting": (b"[" * 100_000, {}),
    "a NaN literal": (b'{"inputs": NaN}', {}),
    "a picture longer than the bytes": image(b"\xff\xff\xff\xffabc"),
    "bytes behind the picture": image(b"\x01\0\0\0abc"),
    "half a length": image(b"\x01\0"),
    "a picture of two dimensions": image(with_lengths(b"abc"), shape=[1, 1]),
    "a picture as bytes in lowercase letters": image(with_lengths(b"abc"), datatype="bytes"),
    "no base64": plain([{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["@@@"]}]),
    "a number as a picture": plain([{"name": "image", "datatype": "BYTES", "shape": [1], "data": [5]}]),
    "fewer pictures than the shape says": plain([{"name": "image", "datatype": "BYTES", "shape": [2], "data": ["QQ=="]}]),
}  # fmt: skip

TOO_MANY: dict[str, Body] = {
    "2^40 pictures": binary([pixels(shape=[TWO_TO_40, 784])], GOOD),
    "2^40 picture files": image(with_lengths(b"abc"), shape=[TWO_TO_40]),
    "257 pictures": binary([pixels(257)], floats(7, 257 * 784)),
    "three million values": (b'{"inputs":[' + b"0," * 3_000_000 + b"0]}", {}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name: str) -> None:
    """The answer is 400, with a sentence that says what was expected."""
    with pytest.raises(ApiError, match="expected") as caught:
        parsed(REFUSED[name])
    assert caught.value.status == 400


@pytest.mark.parametrize("name", TOO_MANY)
def test_too_much_is_refused(name: str) -> None:
    """More pictures or values than allowed are 413."""
    with pytest.raises(ApiError, match="expected at most") as caught:
        parsed(TOO_MANY[name])
    assert caught.value.status == 413


@pytest.mark.parametrize("name", [*REFUSED, *TOO_MANY])
def test_a_refusal_allocates_hardly_more_than_the_body(name: str) -> None:
    """No shape, size or length that is only claimed makes memory be taken; the JSON parser takes some for each byte."""
    body = {**REFUSED, **TOO_MANY}[name]
    tracemalloc.start()
    try:
        with pytest.raises(ApiError):
            parsed(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * len(body[0]) + 200_000


LARGE = 32 << 20
Claim = tuple[bytes, int | None, str | None]


def claim(**changes: Any) -> Claim:
    """The first bytes of a request that says it has 32 MiB behind its header, its size, and its header's length."""
    begin, headers = binary([pixels(**changes)], bytes(100))
    return begin, len(begin) - 100 + LARGE, headers[LENGTH]


CLAIMS: dict[str, Claim] = {
    "a list": (b" [1,", LARGE, None),
    "a picture": (b"\x89PNG", None, None),
    "blanks without end": (b" " * 2000, None, None),
    "bytes left over": claim(),
    "another size than the shape has": claim(parameters={"binary_data_size": LARGE}),
    "2^40 columns": claim(shape=[1, TWO_TO_40]),
    "a header length beyond the body": (b"{", LARGE, str(LARGE + 1)),
    "a header length below zero": (b"{", LARGE, "-1"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_large_body_is_refused_by_its_beginning(name: str) -> None:
    """What the first bytes and the declared sizes show need not be received."""
    begin, size, length = CLAIMS[name]
    with pytest.raises(ApiError, match="expected") as caught:
        glance(begin, size, None if length is None else length.encode(), MOST)
    assert caught.value.status == 400


def test_a_large_body_that_may_be_good_is_received() -> None:
    """The first bytes of good requests pass, however few they are."""
    body, headers = binary([pixels(256)], floats(7, 256 * 784))
    length = headers[LENGTH].encode()
    for begin, size, header in ((body[:4000], len(body), length), (body[:9], len(body), length), (body[:4000], None, length),
                                (b"  {", None, None), (b" ", None, None)):  # fmt: skip
        glance(begin, size, header, MOST)


@pytest.mark.parametrize("datatype", ["FP32", "UINT8"])
@pytest.mark.parametrize("shape", [[2, 784], [2, 28, 28]])
def test_pixels_mean_the_same_in_every_form(datatype: str, shape: list[int]) -> None:
    """Binary, one list and nested lists give the same (batch, 784) array."""
    values = np.arange(2 * 784).reshape(2, 784) % 256
    data = values.astype({"FP32": "<f4", "UINT8": "u1"}[datatype]).tobytes()
    tensor = {"name": "pixels", "datatype": datatype, "shape": shape}
    forms = [
        binary([{**tensor, "parameters": {"binary_data_size": len(data)}}], data),
        plain([{**tensor, "data": values.reshape(-1).tolist()}]),
        plain([{**tensor, "data": values.reshape(shape).tolist()}]),
    ]
    for form in forms:
        found = parsed(form).pixels
        assert found.shape == (2, 784)
        assert (found == values).all()


@pytest.mark.parametrize("members", [{}, {"parameters": {"binary_data_output": False}}])
def test_fractions_and_whole_numbers_may_be_mixed(members: dict[str, object]) -> None:
    """Each is the nearest float, also where true or false stands elsewhere in the JSON."""
    values = [0, 0.1, 255, 254.9] * 196
    found = parsed(plain([in_json(values)], **members)).pixels
    np.testing.assert_array_equal(found, np.array([values], np.float32))


def test_a_text_that_is_no_base64_is_named_by_its_place() -> None:
    """Counted from 1."""
    texts = {"name": "image", "datatype": "BYTES", "shape": [3], "data": ["YWJj", "@@@", "YWJj"]}
    with pytest.raises(ApiError, match="picture 2 of 3: expected base64") as refused:
        parsed(plain([texts]))
    assert refused.value.status == 400


def test_pictures_come_as_bytes_and_as_base64() -> None:
    """BYTES elements are picture files; in JSON they are base64 or data URLs."""
    pictures = [b"abc", b"d" * 300]
    data = with_lengths(*pictures)
    raw = image(data, shape=[2])
    assert parsed(raw).images == pictures
    texts = {"name": "image", "datatype": "BYTES", "shape": [1], "data": ["data:image/png;base64,YWJj"]}
    assert parsed(plain([texts])).images == [b"abc"]


def test_outputs_are_all_in_json_unless_asked_otherwise() -> None:
    """Without outputs all three come; binary_data_output and binary_data make them binary."""
    everything = ("activations", "digit", "confidence")
    assert parsed(binary([pixels()], GOOD)).outputs == tuple(
        Wanted(name, binary=False) for name in everything
    )
    by_default = binary([pixels()], GOOD, parameters={"binary_data_output": True})
    assert parsed(by_default).outputs == tuple(Wanted(name, binary=True) for name in everything)
    asked = [{"name": "digit", "parameters": {"binary_data": False}}, {"name": "activations"}]
    some = binary([pixels()], GOOD, parameters={"binary_data_output": True}, outputs=asked)
    assert parsed(some).outputs == (Wanted("digit", binary=False), Wanted("activations", binary=True))


def test_unknown_parameters_are_passed_over() -> None:
    """Clients send parameters of their own, such as priorities and timeouts."""
    body = binary([pixels()], GOOD, parameters={"priority": 1, "mine": "x"}, id="7", model_name="digits")
    assert parsed(body).id == "7"
    assert json.loads(body[0][: int(next(iter(body[1].values())))])["parameters"]["mine"] == "x"
