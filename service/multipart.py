"""The parts of a ``multipart/form-data`` body (RFC 7578) that has wholly arrived.

A streaming parser would have to look at every byte in Python; with the body in memory one split finds all the parts.
"""

import re
from typing import NamedTuple

from service.errors import ApiError

LONGEST_PART_HEADER = 8192

_BOUNDARY = re.compile(rb"""(?i);\s*boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))""")
_DISPOSITION = re.compile(rb"(?im)^content-disposition:[ \t]*form-data[ \t]*(;[^\r\n]*)?\r?$")
_PARAMETER = re.compile(rb""";[ \t]*([^\s=;"]+)=("(?:[^"\\]|\\.)*"|[^\s;"]*)""")


class Part(NamedTuple):
    """A field of a form.

    Attributes:
        name: of the field.
        is_file: whether it is a file rather than a string.
        data: its contents.
    """

    name: bytes
    is_file: bool
    data: bytes


def parts(body: bytes, content_type: bytes, most: int) -> list[Part]:
    """Return every part, in order.

    Args:
        body: the whole body.
        content_type: the header, which names the boundary.
        most: a body with more parts is refused.

    Raises:
        ApiError: 400 for a malformed body, 413 for too many parts.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ApiError(400, "expected a boundary in the Content-Type of multipart/form-data, got none")
    delimiter = b"--" + (found[1] or found[2])
    if not body.startswith(delimiter):
        start = body.find(b"\r\n" + delimiter)  # a preamble, which means nothing
        if start < 0:
            raise ApiError(400, "expected a multipart body that begins with its boundary, got another")
        body = body[start + 2 :]
    *whole, end = body[len(delimiter) :].split(b"\r\n" + delimiter, most + 1)
    if len(whole) > most:
        raise ApiError(413, f"expected at most {most} parts in the body, got more")
    if not end.startswith(b"--"):
        raise ApiError(400, "expected a multipart body that ends with its boundary, got one that is cut off")
    return [_part(part) for part in whole]


def _part(part: bytes) -> Part:
    end = part.find(b"\r\n\r\n", 0, LONGEST_PART_HEADER)
    disposition = _DISPOSITION.search(part, 0, end + 2) if end >= 0 else None
    if disposition is None:
        raise ApiError(
            400, "expected every part of the body to begin with its Content-Disposition, got another"
        )
    parameters = {name.lower(): value for name, value in _PARAMETER.findall(disposition[1] or b"")}
    name = parameters.get(b"name", b"").strip(b'"')
    return Part(name, b"filename" in parameters or b"filename*" in parameters, part[end + 4 :])
