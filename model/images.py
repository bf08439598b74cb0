"""Bytes become one upright grey picture: bounded, from whitelisted formats, and the same for every way of storing it."""

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from model import colour, small_png
from model.errors import ImageCorrupt, ImageTooLarge, UnsupportedImage

MAX_PIXELS = 40_000_000
MAX_SIDE = 32_768  # decoders work row by row: forty million rows of one pixel would take them many seconds
DECODED_SIDE = 1024
DRAFT_SIDE = 480
STRIP = 64
"""Rows of a wide picture that are made grey at once: as 64-bit floats the whole would be much memory."""

# Pillow warns about odd metadata on stderr; a torn picture is our error and anything else is not worth a line there.
warnings.filterwarnings("ignore", module=r"PIL\.")

_OPENERS: tuple[tuple[bytes, Callable[[io.BytesIO], ImageFile.ImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    (b"\xff\xd8\xff", JpegImagePlugin.JpegImageFile),
    (b"RIFF", WebPImagePlugin.WebPImageFile),
    (b"BM", BmpImagePlugin.BmpImageFile),
    (b"GIF87a", GifImagePlugin.GifImageFile),
    (b"GIF89a", GifImagePlugin.GifImageFile),
    (b"II*\0", TiffImagePlugin.TiffImageFile),
    (b"MM\0*", TiffImagePlugin.TiffImageFile),
    (b"II+\0", TiffImagePlugin.TiffImageFile),
    (b"MM\0+", TiffImagePlugin.TiffImageFile),
)
_ORIENTATION = 0x0112
_EXIF_HOLDERS = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
_TURNS: dict[int, tuple[Image.Transpose, int]] = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT, 0),
    3: (Image.Transpose.ROTATE_180, 180),
    4: (Image.Transpose.FLIP_TOP_BOTTOM, 180),
    5: (Image.Transpose.TRANSPOSE, 90),
    6: (Image.Transpose.ROTATE_270, 90),
    7: (Image.Transpose.TRANSVERSE, 270),
    8: (Image.Transpose.ROTATE_90, 270),
}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Args:
        grey: (h, w) uint8, upright; a large source is already reduced.
        rotated: degrees clockwise it was turned to stand upright: 0, 90, 180 or 270.
        source_size: (width, height) of the file's picture, as stored.
    """

    grey: NDArray[np.uint8]
    rotated: int
    source_size: tuple[int, int]

    def in_source(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Return a box (x0, y0, x1, y1) of ``grey`` in pixels of the full-size upright picture."""
        width, height = self.source_size if self.rotated in (0, 180) else self.source_size[::-1]
        across, down = width / self.grey.shape[1], height / self.grey.shape[0]
        x0, y0, x1, y1 = box
        return round(x0 * across), round(y0 * down), round(x1 * across), round(y1 * down)


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Return the (first) picture in the bytes of a PNG, JPEG, WebP, BMP, GIF or TIFF file.

    Raises:
        UnsupportedImage: the bytes begin like none of these formats.
        ImageTooLarge: the header declares more than ``max_pixels`` or MAX_SIDE; nothing was decoded then.
        ImageCorrupt: the format is known, the contents are torn or malformed.
    """
    if max_pixels >= small_png.LONGEST_SIDE**2 and (grey := small_png.read(data)) is not None:
        return Picture(grey, 0, (grey.shape[1], grey.shape[0]))
    opener, size = _opener(data), (0, 0)
    try:
        image = opener(io.BytesIO(data))
        size = image.size
        _require_size(size, max_pixels)
        return _upright(image)
    except ImageTooLarge:
        raise
    except Exception as error:  # on torn files Pillow raises nearly every built-in exception
        raise ImageCorrupt(
            "expected a whole picture, got a torn or malformed one", size[0] * size[1]
        ) from error


def _opener(data: bytes) -> Callable[[io.BytesIO], ImageFile.ImageFile]:
    # Pillow's classes are called directly: Image.open would let every other format in as a fall-back
    # and merely warns, on stderr, about a picture that is far too large.
    for magic, opener in _OPENERS:
        if data.startswith(magic) and (magic != b"RIFF" or data[8:12] == b"WEBP"):
            return opener
    raise UnsupportedImage(
        "expected a PNG, JPEG, WebP, BMP, GIF or TIFF picture, got bytes that begin like none of them"
    )


def _require_size(size: tuple[int, int], max_pixels: int) -> None:
    if size[0] * size[1] > max_pixels or max(size) > MAX_SIDE:
        raise ImageTooLarge(
            f"expected at most {max_pixels} pixels and sides of at most {MAX_SIDE}, got {size[0]}x{size[1]}"
        )
    if min(size) < 1:
        raise ValueError("a side of no pixels")


def _upright(image: ImageFile.ImageFile) -> Picture:
    size = image.size
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # This class turns the picture itself on loading, and its size is that of the turned picture.
        orientation = int(image.tag_v2.get(_ORIENTATION, 1))
        image.load()
        source_size = size[::-1] if orientation in (5, 6, 7, 8) else size
        return Picture(_grey(image), _TURNS.get(orientation, (None, 0))[1], source_size)
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        # libjpeg decodes at 1/2, 1/4 or 1/8 for a fraction of the cost.
        long = max(size)
        image.draft(None, (max(1, size[0] * DRAFT_SIDE // long), max(1, size[1] * DRAFT_SIDE // long)))
    image.load()
    turn, rotated = _TURNS.get(_orientation(image), (None, 0))
    grey = _grey(image)
    if turn is not None:
        turned = Image.fromarray(grey).transpose(turn)
        grey = np.asarray(turned)
    return Picture(grey, rotated, size)


def _orientation(image: Image.Image) -> int:
    if not any(holder in image.info for holder in _EXIF_HOLDERS):
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - metadata that cannot be read say nothing about the pixels
        return 1


def _grey(image: Image.Image) -> NDArray[np.uint8]:
    """Any mode to (h, w) uint8, its longer side below twice DECODED_SIDE."""
    if image.mode != "L" or image.has_transparency_data:
        image = _to_l(image)
    return np.asarray(_reduced(image))


def _to_l(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        return colour.to_grey(colour.flatten(_reduced(_as("RGBA", image))))
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return Image.fromarray(_eight_bits(image))
    if image.mode in ("1", "LA", "La"):
        return image.convert("L")
    if image.mode == "LAB":
        return image.getchannel(0)
    return colour.to_grey(_reduced(_as("RGB", image)))


def _as(mode: str, image: Image.Image) -> Image.Image:
    """The picture in another mode; itself if it has that already, for a copy of a large one is much memory."""
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Wide integers and floats to uint8, by their format's range where they fill it, by their own range otherwise."""
    extremes = [(float(strip.min()), float(strip.max())) for strip in _strips(image)]
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    fills = (top for top in (1.0, 255.0, 65535.0) if low >= 0 and top / 2 < high <= top)
    top = next(fills, None)
    least, scale = (low, 255 / max(high - low, 1e-30)) if top is None else (0.0, 255 / top)
    return np.concatenate([np.rint((strip - least) * scale).astype(np.uint8) for strip in _strips(image)])


def _strips(image: Image.Image) -> Iterator[NDArray[np.float64]]:
    """Yield the levels of some rows after the others; what is no finite number is 0."""
    width, height = image.size
    for top in range(0, height, STRIP):
        strip = np.asarray(image.crop((0, top, width, min(height, top + STRIP))), np.float64)
        yield np.nan_to_num(strip, nan=0.0, posinf=0.0, neginf=0.0)


def _reduced(image: Image.Image) -> Image.Image:
    """Average blocks of pixels until the longer side is below twice DECODED_SIDE: a hair line pales but stays."""
    factor = max(image.size) // DECODED_SIDE
    return image.reduce(factor) if factor > 1 and image.mode != "1" else image
