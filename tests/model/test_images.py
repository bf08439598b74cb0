"""Bytes become a grey picture, or a clear error."""

import io
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model.errors import ImageCorrupt, ImageError, ImageTooLarge, UnsupportedImage
from model.images import DECODED_SIDE, MAX_SIDE, Picture, decode

ORIENTATION = 0x0112
FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def ramp() -> NDArray[np.uint8]:
    """A grey picture of 40 by 24 in which no two corners are alike."""
    return np.add.outer(np.arange(24) * 4, np.arange(40) * 3).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, extra: bytes = b"") -> bytes:
    """A PNG file that declares a size and holds next to nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + extra
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "TIFF"])
def test_a_lossless_grey_picture_is_decoded_exactly(form: str) -> None:
    """Bit for bit."""
    picture = decode(encoded(Image.fromarray(ramp()), form))
    np.testing.assert_array_equal(picture.grey, ramp())
    assert (picture.rotated, picture.source_size) == (0, (40, 24))


@pytest.mark.parametrize(
    ("form", "options"), [("WEBP", {"lossless": True}), ("WEBP", {}), ("JPEG", {"quality": 95})]
)
def test_other_formats_are_decoded_closely(form: str, options: dict[str, Any]) -> None:
    """Within what their compression loses."""
    grey = decode(encoded(Image.fromarray(ramp()), form, **options)).grey.astype(int)
    assert np.abs(grey - ramp()).max() <= 6


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(form: str, orientation: int) -> None:
    """All eight, and the report says how far the picture was turned and how large the stored one is."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(Image.fromarray(ramp()), form, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("L")).astype(int)
    picture = decode(data)
    assert picture.grey.shape == expected.shape
    assert np.abs(picture.grey - expected).max() <= 2
    assert picture.rotated == {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}.get(orientation, 0)
    assert picture.source_size == (40, 24)


def test_a_box_is_given_in_pixels_of_the_upright_source() -> None:
    """A reduced and turned picture's box is scaled to the size the file has when it stands upright."""
    picture = Picture(np.zeros((200, 100), np.uint8), rotated=90, source_size=(2000, 1000))
    assert picture.in_source((10, 20, 50, 60)) == (100, 200, 500, 600)


MODES: dict[str, tuple[str, Image.Image]] = {
    "1-bit": (
        "PNG",
        Image.fromarray(ramp())
        .point(lambda level: 255 * (level > 99))
        .convert("1", dither=Image.Dither.NONE),
    ),
    "palette": ("PNG", Image.fromarray(ramp()).convert("RGB").quantize(64)),
    "grey with alpha": ("PNG", Image.fromarray(ramp()).convert("LA")),
    "colour with alpha": ("WEBP", Image.fromarray(ramp()).convert("RGBA")),
    "CMYK JPEG": ("JPEG", Image.fromarray(ramp()).convert("CMYK")),
    "CMYK TIFF": ("TIFF", Image.fromarray(ramp()).convert("CMYK")),
    "YCbCr TIFF": ("TIFF", Image.fromarray(ramp()).convert("YCbCr")),
    "16-bit PNG": ("PNG", Image.fromarray(ramp().astype(np.uint16) * 257)),
    "16-bit TIFF": ("TIFF", Image.fromarray(ramp().astype(np.uint16) * 257)),
    "32-bit TIFF": ("TIFF", Image.fromarray(ramp().astype(np.int32) * 1000)),
    "float TIFF": ("TIFF", Image.fromarray(ramp().astype(np.float32) / 255)),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_becomes_grey(name: str) -> None:
    """Whatever the file stores, light stays light and dark stays dark."""
    form, image = MODES[name]
    grey = decode(encoded(image, form)).grey
    assert grey.dtype == np.uint8
    assert grey.shape == (24, 40)
    assert np.corrcoef(grey.ravel(), ramp().ravel())[0, 1] > 0.8


def test_wide_levels_that_use_a_small_part_of_their_range_are_stretched() -> None:
    """Twelve bits in sixteen would otherwise be nearly black."""
    grey = decode(encoded(Image.fromarray(ramp().astype(np.uint16) + 1000), "TIFF")).grey
    assert int(grey.max()) - int(grey.min()) == 255


def test_numbers_that_are_none_do_no_harm() -> None:
    """NaN and infinity in a float TIFF count as zero."""
    levels = ramp().astype(np.float32) / 255
    levels[0, 0], levels[0, 1] = np.nan, np.inf
    grey = decode(encoded(Image.fromarray(levels), "TIFF")).grey
    assert abs(int(grey[23, 39]) - int(ramp()[23, 39])) <= 1


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_of_several_frames_is_taken(form: str) -> None:
    """An animation or a document of several pages is its first picture."""
    others = [Image.new("L", (40, 24), level) for level in (0, 255)]
    options = {"lossless": True} if form == "WEBP" else {}
    data = encoded(Image.fromarray(ramp()), form, save_all=True, append_images=others, **options)
    assert np.abs(decode(data).grey.astype(int) - ramp()).max() <= 2


def test_large_pictures_are_reduced() -> None:
    """The box of a 6,000-pixel canvas is still found in its own pixels, and a hair line stays visible."""
    canvas = np.full((3000, 6000), 255, np.uint8)
    canvas[:, 3000] = 0
    picture = decode(encoded(Image.fromarray(canvas), "PNG"))
    assert max(picture.grey.shape) < 2 * DECODED_SIDE
    assert picture.source_size == (6000, 3000)
    assert picture.grey.min() < 230
    assert picture.in_source((0, 0, picture.grey.shape[1], picture.grey.shape[0])) == (0, 0, 6000, 3000)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (2**31 - 1, 2**31 - 1), (MAX_SIDE + 1, 1)])
def test_a_picture_too_large_is_refused_by_its_header(width: int, height: int) -> None:
    """Without decoding it: memory stays flat."""
    tracemalloc.start()
    with pytest.raises(ImageTooLarge, match=f"got {width}x{height}"):
        decode(png(width, height))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_limit_can_be_lowered() -> None:
    """A picture of one pixel more than the limit is refused."""
    data = encoded(Image.fromarray(ramp()), "PNG")
    assert decode(data, max_pixels=960).source_size == (40, 24)
    with pytest.raises(ImageTooLarge, match="at most 959 pixels"):
        decode(data, max_pixels=959)


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_bomb_beside_the_pixels_is_refused(kind: bytes) -> None:
    """A comment or a profile of ten megabytes in ten kilobytes."""
    bomb = chunk(kind, b"a\0\0" + zlib.compress(bytes(10_000_000), 9))
    with pytest.raises(ImageCorrupt):
        decode(png(10, 10, bomb))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"P5 2 2 255 abcd", b"<svg/>"]
)
def test_bytes_of_no_known_format_are_unsupported(data: bytes) -> None:
    """The message names the formats we read."""
    with pytest.raises(UnsupportedImage, match="PNG, JPEG, WebP, BMP, GIF or TIFF"):
        decode(data)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9])
def test_a_torn_file_is_corrupt(form: str, share: float) -> None:
    """However early it ends."""
    rng = np.random.default_rng(0)
    data = encoded(Image.fromarray(rng.integers(0, 256, (50, 40, 3), dtype=np.uint8)), form)
    with pytest.raises(ImageCorrupt, match="torn or malformed"):
        decode(data[: max(9, int(share * len(data)))])


@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
)
@settings(max_examples=150)
def test_damaged_files_give_a_picture_or_an_image_error(form: str, damage: list[tuple[float, int]]) -> None:
    """Whatever bytes are changed; and no warning leaks, for here a warning would be an error of its own."""
    data = bytearray(encoded(Image.fromarray(ramp()).convert("RGB"), form))
    for place, value in damage:
        data[int(place * len(data))] = value
    try:
        picture = decode(bytes(data))
    except ImageError:
        return
    assert picture.grey.dtype == np.uint8
    assert picture.grey.ndim == 2


def test_damaged_metadata_do_not_hide_the_picture() -> None:
    """EXIF that cannot be read says nothing about the pixels, and nothing is written about it."""
    data = encoded(Image.fromarray(ramp()), "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01garbage")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        picture = decode(data)
    np.testing.assert_array_equal(picture.grey, ramp())
    assert not caught


MEMORY = """
import resource, sys
from model.images import decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode(sys.stdin.buffer.read())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no resource module")
@pytest.mark.parametrize("kind", ["uint16", "float32", "rgba"])
def test_a_large_picture_takes_few_bytes_a_pixel(kind: str) -> None:
    """A small file of twelve megapixels: nine bytes each at most, and what a decoder needs."""
    file, side = io.BytesIO(), 3464
    if kind == "rgba":
        Image.new("RGBA", (side, side)).save(file, "PNG")
    else:
        Image.fromarray(np.zeros((side, side), kind)).save(file, "TIFF", compression="tiff_adobe_deflate")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], input=file.getvalue(), capture_output=True, check=True, timeout=60
    )
    assert int(done.stdout) < 9 * side * side / 1e6 + 30
