"""A short way into the plainest of pictures: a small grey PNG of nothing but a header, one piece of data and an end.

That is what programs send that cut digits out of forms. Reading all that a PNG could hold takes longer than reading the
digit; for these few bytes the chunks are checked here and Pillow's decoder is called directly, in a third of the time. Whatever
is otherwise, torn or odd is left to the long way, which reads it or says what is wrong.

Source: Portable Network Graphics (W3C, third edition), sections 5 and 11.2.
"""

from struct import Struct
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import _imaging

LONGEST_SIDE = 128

_BEGINNING = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR"
_FORM = bytes((8, 0, 0, 0, 0))  # depth 8, grey, and the only compression, the usual filters, no interlacing
_END = b"\0\0\0\0IEND\xaeB`\x82"
_NUMBERS = Struct(">16xII5xII").unpack_from  # width, height, the header's checksum, the length of the data
_AROUND = 41 + 4 + len(_END)  # all but the data: before them, their checksum, the end


def read(data: bytes) -> NDArray[np.uint8] | None:
    """Return the (h, w) grey picture in the bytes of a PNG file, or None if it must go the long way."""
    if len(data) < _AROUND or not data.startswith(_BEGINNING) or not data.endswith(_END):
        return None
    width, height, header_sum, length = _NUMBERS(data)
    if data[24:29] != _FORM or data[37:41] != b"IDAT" or length != len(data) - _AROUND:
        return None
    if not 0 < width <= LONGEST_SIDE or not 0 < height <= LONGEST_SIDE:
        return None
    if crc32(data[12:29]) != header_sum or crc32(data[37:-16]) != int.from_bytes(data[-16:-12], "big"):
        return None
    try:
        return _inflated(data[41:-16], width, height)
    except (ValueError, OSError, AttributeError, TypeError):  # the last two: another Pillow than we know
        return None


def _inflated(data: bytes, width: int, height: int) -> NDArray[np.uint8] | None:
    """Undo compression and row filters; what ``Image.frombytes`` and ``tobytes`` do, without what they do besides."""
    size = (width, height)
    picture, whole = _imaging.new("L", size), (0, 0, width, height)
    decoder = _imaging.zip_decoder("L", "L", 0)
    decoder.setimage(picture, whole)
    if decoder.decode(data) != (-1, 0):
        return None
    encoder = _imaging.raw_encoder("L", "L", 0, 1)
    encoder.setimage(picture, whole)
    _, _, rows = encoder.encode(width * height)
    return np.frombuffer(rows, np.uint8).reshape(height, width)
