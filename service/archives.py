"""Zip archives of labelled pictures, ``LABEL/name.png``: coming in, with everything about them in doubt, and going out."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from service import png
from service.errors import ApiError
from service.example import Example

MOST_ENTRIES = 10_000
LARGEST_ENTRY = 1 << 24
LARGEST_TOTAL = 1 << 28
"""Entries, bytes of one and bytes of all, unpacked; what an archive declares about itself counts for nothing."""

_PICTURE = re.compile(r"(?:[^/]+/)*?(?:([0-9])/)?[^/.][^/]*\.(?:png|jpe?g|webp|bmp|gif|tiff?)", re.IGNORECASE)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_NO_ARCHIVE = (zipfile.BadZipFile, NotImplementedError, ValueError)
_DAMAGED = (*_NO_ARCHIVE, OverflowError, zlib.error, EOFError, OSError)
"""What zipfile raises: NotImplementedError for what it does not know, such as later versions of the format and other ways
to pack, and OverflowError for an entry whose place, declared in eight bytes, is one that no file has."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture in an archive.

    Attributes:
        number: its place in the archive, from 1.
        label: the digit that its folder names, -1 where that names none.
        data: its bytes; empty if they cannot be had, and ``error`` says why.
    """

    number: int
    label: int
    data: bytes
    error: str | None = None


def pictures(archive: bytes) -> Iterator[Entry]:
    """Yield the pictures; those that lie in no folder ``0`` to ``9`` with that as their error. Other files are passed over.

    Raises:
        ApiError: 400, it is no zip archive; 413, it holds too much.
    """
    try:
        file = zipfile.ZipFile(io.BytesIO(archive))
    except _NO_ARCHIVE as error:
        raise ApiError(400, "expected a zip archive, got another or a damaged file") from error
    if len(file.infolist()) > MOST_ENTRIES:
        raise ApiError(413, f"expected at most {MOST_ENTRIES} files in the archive, got more")
    left = LARGEST_TOTAL
    for number, entry in enumerate(file.infolist(), 1):
        picture = _PICTURE.fullmatch(entry.filename)
        if picture is None or "__MACOSX" in entry.filename:
            continue
        if picture[1] is None:
            yield Entry(number, -1, b"", "expected a picture in a folder 0 to 9, got one elsewhere")
            continue
        data, problem = _unpacked(file, entry, min(LARGEST_ENTRY, left))
        left -= len(data)
        if left <= 0:
            raise ApiError(413, f"expected at most {LARGEST_TOTAL} bytes in the archive, unpacked, got more")
        yield Entry(number, int(picture[1]), data, problem)


def _unpacked(file: zipfile.ZipFile, entry: zipfile.ZipInfo, largest: int) -> tuple[bytes, str | None]:
    if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
        return b"", "expected a file that is stored or deflated, got an encrypted or otherwise compressed one"
    try:
        with file.open(entry) as unpacking:
            data = unpacking.read(largest + 1)
    except _DAMAGED:
        return b"", "expected a whole file, got a damaged one"
    if len(data) > largest:
        return data, f"expected at most {largest} bytes, unpacked, got more"
    return data, None


def write(examples: Iterable[Example], file: IO[bytes]) -> None:
    """Write examples as ``LABEL/id.png``, which ``pictures`` reads back as the same examples."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for example in examples:
            archive.writestr(f"{example.label}/{example.id}.png", png.encode(example.pixels))
