"""Which code this is. A release number is too coarse for that: it stays the same while people work on the package."""

import hashlib
from pathlib import Path


def _digest_of_sources() -> str:
    folder, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


REVISION = _digest_of_sources()
"""The first 12 hexadecimal digits of a SHA-256 over the sources of ``model``, read when this process loaded them."""

UNKNOWN = "unknown"
"""The revision in checkpoints from before they named one."""
