"""Zip archives of labelled pictures, ``LABEL/name.png``: coming in, with everything about them in doubt, and going out."""

import io
import re
import sys
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

MOST_IN_PART = 500
LARGEST_PART = 1 << 23
"""Pictures and bytes of a part of a large archive: a service takes so many without keeping whoever sends them waiting."""

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


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the pictures of a larger archive.

    Attributes:
        data: an archive of them.
        numbers: for each of them, in order, its place in the larger archive, from 1.
        refused: those that are not among them because they cannot be had.
    """

    data: bytes
    numbers: list[int]
    refused: list[Entry]


def pictures(archive: bytes, *, trusted: bool = False) -> Iterator[Entry]:
    """Yield the pictures; those that lie in no folder ``0`` to ``9`` with that as their error. Other files are passed over.

    Args:
        archive: a zip archive.
        trusted: whether it may hold as many as it likes, because it comes from the person whom this process serves.

    Raises:
        ApiError: 400, it is no zip archive; 413, it holds too much.
    """
    # Counted before zipfile makes an object of each: every file has an entry with this signature in the list at the end.
    if not trusted and archive.count(b"PK\x01\x02") > MOST_ENTRIES:
        raise ApiError(413, f"expected at most {MOST_ENTRIES} files in the archive, got more")
    try:
        file = zipfile.ZipFile(io.BytesIO(archive))
    except _NO_ARCHIVE as error:
        raise ApiError(400, "expected a zip archive, got another or a damaged file") from error
    left = sys.maxsize if trusted else LARGEST_TOTAL
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


def parts(archive: bytes) -> Iterator[Part]:
    """Yield all pictures of a trusted archive in archives so small that a service takes each of them.

    Raises:
        ApiError: 400, it is no zip archive.
    """
    some: list[Entry] = []
    size = 0
    for entry in pictures(archive, trusted=True):
        if some and (len(some) == MOST_IN_PART or size + len(entry.data) > LARGEST_PART):
            yield _part(some)
            some, size = [], 0
        some.append(entry)
        size += len(entry.data)
    yield _part(some)


def _part(entries: list[Entry]) -> Part:
    good = [entry for entry in entries if entry.error is None]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for entry in good:
            archive.writestr(f"{entry.label}/{entry.number}.png", entry.data)  # what it is, its bytes say
    refused = [entry for entry in entries if entry.error is not None]
    return Part(data.getvalue(), [entry.number for entry in good], refused)


def write(examples: Iterable[Example], file: IO[bytes]) -> None:
    """Write examples as ``LABEL/id.png``, which ``pictures`` reads back as the same examples."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for example in examples:
            archive.writestr(f"{example.label}/{example.id}.png", png.encode(example.pixels))
