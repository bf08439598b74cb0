"""API keys: a file with one ``name key`` a line, read again when it changes."""

import hmac
import logging
from hashlib import sha256
from pathlib import Path

from model.errors import ConfigInvalid
from service.errors import ApiError
from service.recurring import Recurring

SHORTEST = 16
LOOK_EVERY = 1.0
"""Characters of a key, and seconds between looks at the file."""

log = logging.getLogger("numeral.keys")


class Keys:
    """Who may do more than read. Requests look into a dictionary alone; the file is read in a thread.

    Args:
        path: the file; without one everybody may do everything.

    Raises:
        ConfigInvalid: it cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._digests: dict[bytes, str] = {}
        self._stamp: tuple[int, int] | None = None
        self._problem: str | None = None
        self._looking = Recurring("keys", self.look, LOOK_EVERY)
        if path is not None:
            try:
                self._read(path)
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigInvalid(
                    "NUMERAL_API_KEYS_FILE", f"expected a file that can be read, got: {_reason(error)}"
                ) from error

    def start(self) -> None:
        """Look at the file from now on, in a thread, until ``stop``."""
        if self._path is not None:
            self._looking.start()

    def stop(self) -> None:
        """Look no more."""
        self._looking.stop()

    @property
    def needed(self) -> bool:
        """Whether there are keys at all."""
        return self._path is not None

    def owner(self, authorization: bytes | None, api_key: bytes | None) -> str:
        """Return the name of the key that came in ``Authorization: Bearer`` or ``X-API-Key``.

        Raises:
            ApiError: 401, none or a wrong one came.
        """
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

    def look(self) -> None:
        """Read the file if it changed; while it cannot be read, or holds no key, those of before hold."""
        if self._path is not None:
            try:
                self._read(self._path)
                problem = None
            except (OSError, UnicodeDecodeError) as error:
                problem = _reason(error)
            if problem is not None and problem != self._problem:
                log.error("the file of API keys cannot be read: %s", problem)
            self._problem = problem

    def _read(self, path: Path) -> None:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return
        digests = _parsed(path.read_text(encoding="utf-8"))
        self._stamp = stamp
        if not digests:  # as for a moment while it is written anew
            log.error("expected a key in the file of API keys, got none; those of before hold")
        else:
            self._digests = digests


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


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
