"""Reading the header of a safetensors file before believing the rest of it.

Format: 8 bytes, the header's length as a little-endian whole number; the header, JSON; then the arrays' bytes.
Source: https://github.com/huggingface/safetensors#format
"""

import json

LONGEST_HEADER = 1_000_000
"""Bytes; ours have under a thousand."""


def read_metadata(data: bytes) -> dict[str, str]:
    """Return the metadata that a safetensors file carries.

    Raises:
        ValueError: the header is torn or too long.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LONGEST_HEADER, len(data) - 8):
        raise ValueError(f"expected a header of at most {LONGEST_HEADER} bytes in the file, got {length}")
    header = json.loads(data[8 : 8 + length])
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict):
        raise ValueError("expected the header to be an object")  # noqa: TRY004 - the caller treats all of these alike
    return metadata
