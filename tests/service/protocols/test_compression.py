"""Compressed bodies: read as far as they may be large, and never further."""

import gzip
import tracemalloc
import zlib

import pytest

from service.errors import ApiError
from service.protocols.compression import ALWAYS, WORTHWHILE, deflate, glance, inflate

LIMIT = 1 << 25
TEXT = b"handwritten digits " * 1000


def bare_deflate(data: bytes) -> bytes:
    """The deflate format without zlib's header, as some clients send it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (None, TEXT),
        (b"identity", TEXT),
        (b"gzip", gzip.compress(TEXT, mtime=0)),
        (b"GZIP", gzip.compress(TEXT, mtime=0)),
        (b"x-gzip", gzip.compress(TEXT, mtime=0)),
        (b"deflate", zlib.compress(TEXT)),
        (b"deflate", bare_deflate(TEXT)),
    ],
)
def test_a_body_comes_back(encoding: bytes | None, body: bytes) -> None:
    """Every coding that is known is undone."""
    assert inflate(body, encoding, LIMIT) == TEXT


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"gzip", b"no gzip"),
        (b"gzip", gzip.compress(TEXT, mtime=0)[:-1]),
        (b"gzip", gzip.compress(TEXT, mtime=0) * 2),
        (b"gzip", b""),
        (b"deflate", zlib.compress(TEXT)[:-1]),
        (b"deflate", b"\x78\x9c no deflate"),
    ],
)
def test_a_damaged_body_is_refused(encoding: bytes, body: bytes) -> None:
    """Torn, doubled and foreign bodies are 400."""
    with pytest.raises(ApiError, match="expected a") as caught:
        inflate(body, encoding, LIMIT)
    assert caught.value.status == 400


def test_an_unknown_coding_is_refused() -> None:
    """Two codings at once and other ones are 415."""
    for encoding in (b"br", b"gzip, gzip", b"zstd"):
        with pytest.raises(ApiError) as caught:
            inflate(b"", encoding, LIMIT)
        assert caught.value.status == 415


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate"])
def test_a_bomb_takes_no_more_memory_than_a_body_may(encoding: bytes) -> None:
    """64 megabytes in a small body is given up at the bound, not unpacked."""
    bomb = (gzip if encoding == b"gzip" else zlib).compress(bytes(1 << 26), 9)
    tracemalloc.start()
    try:
        with pytest.raises(ApiError, match="expected a body of at most") as caught:
            inflate(bomb, encoding, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.status == 413
    assert peak < 3 * ALWAYS


def test_a_large_body_is_refused_by_its_first_bytes() -> None:
    """Noise that claims a coding, and another coding, need not be received; the first bytes of a good body pass."""
    for encoding, begin, status in (
        (b"gzip", bytes(300), 400),
        (b"deflate", b"\xff" * 300, 400),
        (b"br", TEXT, 415),
    ):
        with pytest.raises(ApiError) as caught:
            glance(begin, encoding)
        assert caught.value.status == status
    for encoding, body in ((b"gzip", gzip.compress(TEXT, mtime=0)), (b"deflate", zlib.compress(TEXT)),
                           (b"deflate", bare_deflate(TEXT))):  # fmt: skip
        for begin in (body, body[:30], body[:1]):
            assert glance(begin, encoding)
    assert not glance(TEXT, None)


def test_the_limit_of_the_service_holds() -> None:
    """A limit below the usual bound is the bound."""
    with pytest.raises(ApiError, match="at most 1000 bytes"):
        inflate(gzip.compress(bytes(1001)), b"gzip", 1000)


def test_answers_are_compressed_for_those_who_ask() -> None:
    """Gzip before deflate, never against a q=0, and not what is small."""
    assert gzip.decompress(deflate(TEXT, b"deflate, gzip")[0]) == TEXT
    assert zlib.decompress(deflate(TEXT, b"gzip;q=0, deflate")[0]) == TEXT
    assert deflate(TEXT, b"br") == (TEXT, None)
    assert deflate(TEXT, None) == (TEXT, None)
    assert deflate(bytes(WORTHWHILE - 1), b"gzip") == (bytes(WORTHWHILE - 1), None)
