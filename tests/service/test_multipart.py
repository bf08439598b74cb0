"""Forms with files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import bodies, multipart
from service.errors import ApiError

KIND = b"multipart/form-data; boundary=b"


def part(
    data: bytes, disposition: bytes = b'form-data; name="f"; filename="x"', newline: bytes = b"\r\n"
) -> bytes:
    """One part of a form."""
    return b"--b\r\nContent-Disposition: " + disposition + newline + b"\r\n" + data + b"\r\n"


def files(body: bytes, kind: bytes, most: int) -> list[bytes]:
    """The contents of the parts that are files."""
    return [one.data for one in multipart.parts(body, kind, most) if one.is_file]


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_what_is_put_in_comes_out(contents: list[bytes]) -> None:
    """Any bytes but the boundary itself, in order."""
    if any(b"\r\n--b" in b"\r\n" + data for data in contents):
        return
    body = b"".join(part(data) for data in contents) + b"--b--\r\n"
    assert files(body, KIND, most=5) == contents


@given(st.binary(max_size=300), st.binary(max_size=80))
def test_nothing_but_a_refusal_comes_of_rubbish(body: bytes, kind: bytes) -> None:
    """Whatever the bytes, the result is files or an error with a status."""
    for content_type in (KIND, b"multipart/form-data; " + kind):
        try:
            found = files(b"--b" + body, content_type, most=3)
        except ApiError as error:
            status = error.status
        else:
            status = 200 if all(isinstance(data, bytes) for data in found) else 500
        assert status in (200, 400, 413)


@pytest.mark.parametrize(
    "kind",
    [b"multipart/form-data; boundary=b", b'multipart/form-data; boundary="b"', b"multipart/form-data;boundary=b",
     b"multipart/form-data; charset=utf-8; Boundary=b", b"multipart/form-data; boundary=b; x=y"],
)  # fmt: skip
def test_the_boundary_is_found(kind: bytes) -> None:
    """However the header is written."""
    assert files(part(b"data") + b"--b--", kind, most=1) == [b"data"]


@pytest.mark.parametrize(
    ("disposition", "is_file"),
    [
        (b'form-data; name="f"; filename="x.png"', True),
        (b'form-data; filename="x;y=\\"z\\".png"; name="f"', True),
        (b"form-data; name=f; filename=x", True),
        (b"form-data; name=f; filename*=UTF-8''x", True),
        (b'form-data; name="f"; filename=""', True),
        (b'form-data; name="f"', False),
        (b'form-data; name="; filename=x"', False),
        (b'form-data; name="a\\"; filename=\\"b"', False),
    ],
)
def test_a_file_is_what_has_a_file_name(disposition: bytes, is_file: bool) -> None:
    """And nothing in another parameter's value passes for one."""
    found = files(part(b"data", disposition) + b"--b--", KIND, most=1)
    assert found == ([b"data"] if is_file else [])


def test_a_preamble_and_an_epilogue_mean_nothing() -> None:
    """As the standard says."""
    body = b"words before\r\n" + part(b"data") + b"--b--\r\nwords after"
    assert files(body, KIND, most=1) == [b"data"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"--b", 400),
        (part(b"data"), 400),
        (part(b"data") + b"--b", 400),
        (part(b"data") + b"--c--", 400),
        (b"--b\r\nContent-Type: image/png\r\n\r\ndata\r\n--b--", 400),
        (b"--b\r\nContent-Disposition: attachment; filename=x\r\n\r\ndata\r\n--b--", 400),
        (
            b"--b\r\nX: " + b"y" * 9000 + b"\r\nContent-Disposition: form-data; filename=x\r\n\r\nd\r\n--b--",
            400,
        ),
        (part(b"data") * 4 + b"--b--", 413),
    ],
)
def test_a_malformed_form_is_refused(body: bytes, status: int) -> None:
    """Cut off, without a disposition, with another one, with endless headers, with too many parts."""
    with pytest.raises(ApiError) as refused:
        files(body, KIND, most=3)
    assert refused.value.status == status


@pytest.mark.parametrize(
    "disposition", [b'form-data; name="label"', b"form-data; name=label", b"form-data; Name=label"]
)
def test_a_field_has_its_name_and_text(disposition: bytes) -> None:
    """Quoted or not; a part without a name has an empty one."""
    assert multipart.parts(part(b"7", disposition) + b"--b--", KIND, most=1) == [(b"label", False, b"7")]
    assert multipart.parts(part(b"7", b"form-data") + b"--b--", KIND, most=1) == [(b"", False, b"7")]


def test_a_long_field_is_a_text() -> None:
    """No more of it is looked at than a number may have."""
    number, long = (part(data, b'form-data; name="label"') for data in (b"7", b"[" + b"[]," * 100 + b"0]"))
    for field, found in ((number, 7), (long, "[" + "[]," * 21)):
        body = part(b"x") + field + b"--b--"
        assert bodies.parse(body, KIND, members=("label",)).members == {"label": found}
