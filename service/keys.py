"""API keys: a file with one ``name key`` a line, read again when it changes."""

import hmac
import logging
from hashlib import sha256
from pathlib import Path
from time import monotonic

from service.errors import ApiError

SHORTEST = 16
LOOK_EVERY = 1.0
"""Characters of a key, and seconds between looks at the file."""

log = logging.getLogger("numeral.keys")


class Keys:
    """Who may do more than read.

    Args:
        path: the file; without one everybody may do everything.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._digests: dict[bytes, str] = {}
        self._stamp: tuple[int, int] | None = None
        self._looked = 0.0
        if path is not None:
            self._read(path)

    @property
    def needed(self) -> bool:
        """Whether there are keys at all."""
        return self._path is not None

    def owner(self, authorization: bytes | None, api_key: bytes | None) -> str:
        """Return the name of the key that came in ``Authorization: Bearer`` or ``X-API-Key``, or ``anonymous``.

        Raises:
            ApiError: 401, a key is needed and none or a wrong one came.
        """
        if self._path is None:
            return "anonymous"
        if monotonic() - self._looked > LOOK_EVERY:
            self._read(self._path)
        presented = api_key
        if authorization is not None and authorization[:7].lower() == b"bearer ":
            presented = authorization[7:].strip()
        if presented is not None:
            digest, owner = sha256(presented).digest(), None
            for known, name in self._digests.items():  # all of them, so that time tells nothing
                if hmac.compare_digest(known, digest):
                    owner = name
            if owner is not None:
                return owner
        message = "expected an API key in Authorization: Bearer or X-API-Key, got none that is known"
        raise ApiError(401, message, headers={"WWW-Authenticate": 'Bearer realm="numeral"'})

    def _read(self, path: Path) -> None:
        """Read the file if it changed; while it cannot be read, the keys of before hold."""
        self._looked = monotonic()
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            log.error("the file of API keys cannot be read: %s", type(error).__name__)  # noqa: TRY400 - expected
            return
        self._digests, self._stamp = _parsed(text), stamp


def _parsed(text: str) -> dict[bytes, str]:
    digests: dict[bytes, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or len(words[1]) < SHORTEST:
            log.error("line %d of the API keys: expected a name and a key of %d characters", number, SHORTEST)
            continue
        digests[sha256(words[1].encode()).digest()] = words[0]
    return digests
