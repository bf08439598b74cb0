"""The files in a ``multipart/form-data`` body (RFC 7578) that has wholly arrived.

A streaming parser would have to look at every byte in Python; with the body in memory one split finds all the parts.
"""

import re

from service.errors import ApiError

LONGEST_PART_HEADER = 8192

_BOUNDARY = re.compile(rb"""(?i);\s*boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))""")
_DISPOSITION = re.compile(rb"(?im)^content-disposition:[ \t]*form-data[ \t]*(;[^\r\n]*)?\r?$")
_PARAMETER = re.compile(rb""";[ \t]*([^\s=;"]+)=("(?:[^"\\]|\\.)*"|[^\s;"]*)""")


def files(body: bytes, content_type: bytes, most: int) -> list[bytes]:
    """Return the contents of every part that is a file, in order.

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
    parts = body[len(delimiter) :].split(b"\r\n" + delimiter, most + 1)
    if len(parts) > most + 1:
        raise ApiError(413, f"expected at most {most} parts in the body, got more")
    if not parts[-1].startswith(b"--"):
        raise ApiError(400, "expected a multipart body that ends with its boundary, got one that is cut off")
    return [data for part in parts[:-1] if (data := _file(part)) is not None]


def _file(part: bytes) -> bytes | None:
    """Return a part's contents, or None when it is not a file."""
    end = part.find(b"\r\n\r\n", 0, LONGEST_PART_HEADER)
    disposition = _DISPOSITION.search(part, 0, end + 2) if end >= 0 else None
    if disposition is None:
        raise ApiError(
            400, "expected every part of the body to begin with its Content-Disposition, got another"
        )
    names = {name.lower() for name, _ in _PARAMETER.findall(disposition[1] or b"")}
    return part[end + 4 :] if names & {b"filename", b"filename*"} else None
