"""What a body of a request may hold."""

from service import bodies


def test_a_batch_may_hold_as_many_pictures_as_it_is_allowed() -> None:
    """Each as a data URL, which has a comma more."""
    body = b'{"images": [' + b", ".join([b'"data:image/png;base64,eA=="'] * 10_000) + b"]}"
    assert bodies.parse_batch(body, b"application/json", 10_000) == [b"x"] * 10_000
