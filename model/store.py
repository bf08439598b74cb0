"""The object store: a local folder, S3, GCS or Azure behind the same four verbs, through obstore."""

import errno
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from model.errors import StoreUnavailable

if TYPE_CHECKING:
    from obstore.store import RetryConfig

TIMEOUT = "10s"
"""For one request to a remote store."""

RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}
"""Before whoever asked is told that the store does not answer; the library's own patience is minutes long."""

_SYSTEM_ERROR = re.compile(r"\bOs \{\s*code: (\d{1,4})\b|\(os error (\d{1,4})\)")
"""What of the library's messages is worth repeating and tells nothing secret: the number of an error of the system."""

_UNFINISHED = re.compile(r"#\d+$")
"""Ends the names of files that obstore has not finished writing."""


class Store:
    """Objects by path. What is written is whole or not there; nothing is locked."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str | Path) -> "Store":
        """Open ``s3://bucket/prefix`` and the like, or a local folder, which is made if need be.

        Credentials and endpoints of remote stores come from their usual environment variables.

        Raises:
            StoreUnavailable: the URL is not one of a store, or the folder cannot be made.
        """
        if "://" not in str(url):
            return cls(_local(Path(url).absolute()))
        try:
            return cls(
                from_url(
                    str(url), client_options={"timeout": TIMEOUT, "allow_http": True}, retry_config=RETRIES
                )
            )
        except (BaseError, OSError, ValueError) as error:
            raise StoreUnavailable(f"expected the URL of an object store: {type(error).__name__}") from error

    def create(self, path: str, data: bytes) -> bool:
        """Write an object unless the path is taken; return whether it was written.

        Raises:
            StoreUnavailable: the store could not be reached or has no room.
        """
        try:
            obstore.put(self._store, path, data, mode="create")
            self._sync(path)
        except AlreadyExistsError:
            return False
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error
        return True

    def replace(self, path: str, data: bytes) -> None:
        """Write an object, in the place of an older one if there is one.

        Raises:
            StoreUnavailable: the store could not be reached or has no room.
        """
        try:
            obstore.put(self._store, path, data)
            self._sync(path)
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    def _sync(self, path: str) -> None:
        """Wait until a local object would survive a power cut; a remote store answers only then."""
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            file = self._store.prefix / path
            for written in (file, *file.parents[: path.count("/") + 1]):
                try:
                    handle = os.open(written, os.O_RDONLY)
                except FileNotFoundError:  # it was deleted in the meantime
                    return
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)

    def read(self, path: str, largest: int) -> bytes | None:
        """Return an object's bytes; None if there is no such object.

        Args:
            path: where it is.
            largest: a larger object is not read.

        Raises:
            StoreUnavailable: the store could not be reached, or the object is too large.
        """
        try:
            if isinstance(self._store, LocalStore) and self._store.prefix is not None:
                return _read_file(self._store.prefix / path, largest)
            result = obstore.get(self._store, path)
            _require_size(result.meta["size"], largest)
            return bytes(result.bytes())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    def delete(self, path: str) -> None:
        """Remove an object; nothing happens if it is not there.

        Raises:
            StoreUnavailable: the store could not be reached.
        """
        try:
            obstore.delete(self._store, path)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of what lies directly in a folder, objects and folders with something in them, in no order.

        Raises:
            StoreUnavailable: the store could not be reached.
        """
        try:
            listing = obstore.list_with_delimiter(self._store, folder)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error
        for entry in listing["objects"]:
            yield entry["path"].rsplit("/", 1)[-1]
        for prefix in listing["common_prefixes"]:
            if not self._is_empty(prefix):
                yield prefix.rstrip("/").rsplit("/", 1)[-1]

    def _is_empty(self, folder: str) -> bool:
        """Whether a folder is one on a disk that had no room for what was to lie in it; remote stores have no folders."""
        if not isinstance(self._store, LocalStore) or self._store.prefix is None:
            return False
        try:
            return all(_UNFINISHED.search(entry.name) for entry in (self._store.prefix / folder).iterdir())
        except OSError:
            return True


def _local(folder: Path) -> LocalStore:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder)
    except (BaseError, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StoreUnavailable(
            f"expected a folder for the store that can be written, got: {reason}"
        ) from error


def _read_file(file: Path, largest: int) -> bytes:
    """Read a local object; through the library it would be copied twice, by threads that keep the memory."""
    with file.open("rb") as opened:
        _require_size(os.fstat(opened.fileno()).st_size, largest)
        return opened.read()


def _require_size(size: int, largest: int) -> None:
    if size > largest:
        raise StoreUnavailable(f"expected an object of at most {largest} bytes, got {size}")


def _unavailable(error: Exception) -> StoreUnavailable:
    """The store's own message may hold paths and addresses, so it stays behind as the cause."""
    if getattr(error, "errno", None) == errno.ENOSPC or os.strerror(errno.ENOSPC) in str(error):
        return StoreUnavailable("expected room in the object store, got a full disk")
    known = _SYSTEM_ERROR.search(str(error))
    cause = os.strerror(int(known[1] or known[2])) if known else None
    return StoreUnavailable(f"expected the object store to answer, got: {cause or type(error).__name__}")
