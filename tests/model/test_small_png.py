"""The short way into small grey PNG files."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from model import images, small_png
from model.errors import ImageCorrupt
from model.sources import load_test

DIGIT = load_test().images[0].reshape(28, 28)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    rows: bytes,
    width: int = 28,
    height: int = 28,
    form: tuple[int, ...] = (8, 0, 0, 0, 0),
    extra: bytes = b"",
) -> bytes:
    """A PNG file of these filtered rows."""
    header = struct.pack(">II5B", width, height, *form)
    pieces = [chunk(b"IHDR", header), extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


def unfiltered(grey: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> bytes:
    """Rows that are stored as they are."""
    return b"".join(b"\0" + row.tobytes() for row in grey)


@given(st.integers(1, 128), st.integers(1, 128), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_any_size_reads_as_the_long_way_does(width: int, height: int, level: int, seed: int) -> None:
    """Written by Pillow at any compression, with whatever row filters it chooses."""
    rng = np.random.default_rng(seed)
    grey = (rng.integers(0, 256, (height, width)) * rng.integers(0, 2)).astype(np.uint8)
    grey[: height // 2] = np.arange(width)  # smooth rows, which are filtered
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG", compress_level=level)
    read = small_png.read(file.getvalue())
    assert read is not None
    assert np.array_equal(read, grey)
    assert np.array_equal(images.decode(file.getvalue()).grey, grey)


@pytest.mark.parametrize("kind", range(5))
def test_every_row_filter_is_undone(kind: int) -> None:
    """As the long way undoes it."""
    rows = b"".join(bytes([kind]) + row.tobytes() for row in DIGIT)
    data = png(rows)
    with Image.open(io.BytesIO(data)) as picture:
        expected = np.asarray(picture)
    read = small_png.read(data)
    assert read is not None
    assert np.array_equal(read, expected)


@pytest.mark.parametrize(
    "data",
    [
        png(unfiltered(np.zeros((28, 129), np.uint8)), width=129),
        png(bytes(29 * 29), form=(8, 3, 0, 0, 0)),
        png(bytes(28 * 57), form=(8, 4, 0, 0, 0)),
        png(bytes(28 * 57), form=(16, 0, 0, 0, 0)),
        png(bytes(28 * 5), form=(1, 0, 0, 0, 0)),
        png(unfiltered(DIGIT), form=(8, 0, 0, 0, 1)),
        png(unfiltered(DIGIT), extra=chunk(b"tRNS", b"\0\0")),
        png(unfiltered(DIGIT), extra=chunk(b"eXIf", b"II*\0")),
        png(unfiltered(DIGIT)) + b"more",
        png(unfiltered(DIGIT))[:-1],
        png(unfiltered(DIGIT)[:-40]),
        png(b"\x09" + unfiltered(DIGIT)[1:]),
        png(unfiltered(DIGIT), width=0),
        png(unfiltered(DIGIT)).replace(b"IDAT", b"IDAX"),
        b"",
        b"\x89PNG\r\n\x1a\n",
        bytes(100),
    ],
)
def test_whatever_is_otherwise_goes_the_long_way(data: bytes) -> None:
    """Larger, deeper, coloured, transparent, turned, torn or followed by something."""
    assert small_png.read(data) is None


def test_a_changed_byte_is_noticed() -> None:
    """The checksums cover header and data; the long way then says what is wrong, or reads what can be read."""
    whole = png(unfiltered(DIGIT))
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        assert small_png.read(bytes(changed)) is None, place


def test_a_text_in_the_file_keeps_the_orientation() -> None:
    """A picture that says it lies on its side is turned: the short way does not overlook it."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(DIGIT).save(file, "PNG", exif=exif, pnginfo=PngImagePlugin.PngInfo())
    assert images.decode(file.getvalue()).rotated == 90


def test_torn_data_are_an_error_in_the_end() -> None:
    """What the short way leaves, the long way refuses."""
    with pytest.raises(ImageCorrupt):
        images.decode(png(unfiltered(DIGIT)[:-40]))
