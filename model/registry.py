"""Versions and aliases in an object store, safe with any number of writers and no locks.

    blobs/<sha-256>                 weights and pictures, named by their content
    models/<version>/manifest.json  written last, so a version that is listed is whole
    publications/<token>/<n>.json   which version a training proposed for itself, so that it is published once
    aliases/<name>/<n>.json         a journal: the n-th move of an alias

Everything is written with put-if-absent: of two writers who want the same path one wins and the other tries the next.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.artifact import LARGEST_WEIGHTS, Artifact, assemble_verified, digest_of
from model.clock import now
from model.errors import ArtifactCorrupt, ConfigInvalid, NoEarlierVersion, VersionNotFound
from model.manifest import LARGEST_MANIFEST, decode_manifest, encode_manifest
from model.store import Store

LARGEST_ENTRY = 10_000
"""Bytes of a journal entry."""

VERSION_PATTERN = "[1-9][0-9]{0,8}"
ALIAS_PATTERN = "[a-z][a-z0-9_-]{0,62}"
"""What the whole name of a version and of an alias looks like, as a regular expression."""

log = logging.getLogger("numeral.registry")

_NUMBER = re.compile(VERSION_PATTERN)
_ALIAS = re.compile(ALIAS_PATTERN)


@dataclass(frozen=True, slots=True)
class AliasMove:
    """One entry of an alias's journal.

    Attributes:
        number: 1 for the first move.
        version: where the alias went; for a rollback, where it went back to.
        rollback: whether this move takes the one before back.
        reason: one sentence.
        at: time in ISO 8601, UTC.
    """

    number: int
    version: str
    rollback: bool
    reason: str
    at: str


def is_version(name: str) -> bool:
    """Whether a name is a version's, published or not; other names are those of aliases."""
    return _NUMBER.fullmatch(name) is not None


class Registry:
    """Published networks and the names that point to them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._moves: dict[tuple[str, int], AliasMove] = {}  # entries never change, so each is read once
        self._unreadable: set[tuple[str, int]] = set()

    @classmethod
    def open(cls, url: str | Path) -> "Registry":
        """Open the registry in a local folder or a remote store; see ``Store.open``."""
        return cls(Store.open(url))

    def versions(self) -> list[str]:
        """Return every version, the oldest first."""
        return [str(n) for n in sorted(self._numbers("models"))]

    def publish(
        self, manifest: Mapping[str, Any], weights: bytes, files: Mapping[str, bytes], token: str
    ) -> str:
        """Publish a network and return its version; again with the same token, the same version and nothing new.

        Args:
            manifest: all but ``version``, ``created_at``, ``weights`` and ``files``, which are filled in.
            weights: the safetensors file.
            files: what goes beside it, such as pictures, by name.
            token: names what is published, such as a job's id: 1 to 100 of ``[A-Za-z0-9-]``.

        Raises:
            StoreUnavailable: the store could not be reached or has no room; nothing is listed then.
            ArtifactCorrupt: what was written does not read back as it should.
        """
        if not re.fullmatch(r"[A-Za-z0-9-]{1,100}", token):
            raise ConfigInvalid("token", "expected 1 to 100 letters, digits and hyphens")
        whole = {
            **manifest,
            "token": token,
            "created_at": now(),
            "weights": self._put_blob(weights),
            "files": {name: self._put_blob(data) for name, data in files.items()},
        }
        attempt = 0
        while True:
            version = self._proposed(token, attempt)
            path = f"models/{version}/manifest.json"
            if self.store.create(path, encode_manifest({**whole, "version": version})):
                self.load(version)
                return version
            if self.manifest(version).get("token") == token:
                return version
            attempt += 1

    def published(self, token: str) -> str | None:
        """Return the version that was published with a token, without reading its weights; None if there is none.

        Raises:
            StoreUnavailable: the store could not be reached.
            ArtifactCorrupt: what was written with the token is damaged.
        """
        attempt = 0
        while self.store.read(path := _proposal_path(token, attempt), LARGEST_ENTRY) is not None:
            version = str(self._json(path)["version"])
            try:
                if self.manifest(version).get("token") == token:
                    return version
            except VersionNotFound:  # proposed, and not taken yet
                return None
            attempt += 1
        return None

    def _proposed(self, token: str, attempt: int) -> str:
        """Return the version that all who publish this token agree to try: whoever proposes first decides."""
        proposal = str(max(self._numbers("models"), default=0) + 1)
        path = _proposal_path(token, attempt)
        if self.store.create(path, json.dumps({"version": proposal}).encode()):
            return proposal
        return str(self._json(path)["version"])

    def _put_blob(self, data: bytes) -> dict[str, Any]:
        """Write a file under its digest; a torn one from a lost machine, found in its place, is written anew."""
        digest = digest_of(data)
        path = _blob_path(digest)
        if not self.store.create(path, data) and self.store.read(path, LARGEST_WEIGHTS) != data:
            self.store.replace(path, data)
        return {"digest": digest, "size": len(data)}

    def manifest(self, version: str) -> dict[str, Any]:
        """Return a version's manifest.

        Raises:
            VersionNotFound: there is no such version.
            ArtifactCorrupt: it is damaged.
        """
        data = None
        if is_version(version):
            data = self.store.read(f"models/{version}/manifest.json", LARGEST_MANIFEST)
        if data is None:
            raise VersionNotFound("expected a version that exists, got one that does not")
        manifest = decode_manifest(data)
        if manifest["version"] != version:
            raise ArtifactCorrupt(f"expected the manifest of version {version}, got that of another")
        return manifest

    def weights(self, version: str) -> bytes:
        """Return a version's weights file, checked against its digest."""
        return self._blob(self.manifest(version)["weights"], LARGEST_WEIGHTS)

    def file(self, version: str, name: str) -> bytes:
        """Return what lies beside a version under this name.

        Raises:
            VersionNotFound: there is no such version or no such file.
        """
        files = self.manifest(version).get("files", {})
        if name not in files:
            raise VersionNotFound("expected a file of this version, got the name of none")
        return self._blob(files[name], LARGEST_WEIGHTS)

    def _blob(self, entry: Mapping[str, Any], largest: int) -> bytes:
        digest, size = str(entry.get("digest")), entry.get("size")
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise ArtifactCorrupt("expected the digest of a file in the manifest")
        if not isinstance(size, int) or size > largest:
            raise ArtifactCorrupt(f"expected a file of at most {largest} bytes")
        data = self.store.read(_blob_path(digest), largest)
        if data is None or digest_of(data) != digest:
            found = "no file" if data is None else f"{len(data)} bytes with digest {digest_of(data)}"
            raise ArtifactCorrupt(f"expected {size} bytes with digest {digest}, got {found}")
        return data

    def load(self, version: str) -> Artifact:
        """Read and verify a whole artifact.

        Raises:
            VersionNotFound: there is no such version.
            ArtifactCorrupt: any part is torn, tampered with, too large or of a foreign format.
        """
        manifest = self.manifest(version)
        return assemble_verified(manifest, self._blob(manifest["weights"], LARGEST_WEIGHTS))

    def resolve(self, name: str) -> str:
        """Return the version that a version or alias names.

        Raises:
            VersionNotFound: there is neither.
        """
        if is_version(name):
            self.manifest(name)
            return name
        return self.alias(name)

    def aliases(self) -> dict[str, str]:
        """Return where every alias points; one whose journal holds nothing readable is left out."""
        names = sorted(name for name in self.store.names("aliases") if _ALIAS.fullmatch(name))
        moves = {name: self._readable_moves(name) for name in names}
        return {name: _stack(moves[name])[-1] for name in names if moves[name]}

    def alias(self, name: str) -> str:
        """Return the version an alias points to.

        Raises:
            VersionNotFound: there is no such alias.
        """
        return _stack(self.history(name))[-1]

    def history(self, name: str) -> list[AliasMove]:
        """Return every readable move of an alias, the first one first.

        Raises:
            VersionNotFound: there is no such alias.
        """
        moves = self._readable_moves(name)
        if not moves:
            raise VersionNotFound("expected an alias that exists, got one that does not")
        return moves

    def earlier_versions(self, name: str) -> list[str]:
        """Return the versions an alias can fall back to, the latest first, the current one left out."""
        return _stack(self.history(name))[-2::-1]

    def set_alias(self, name: str, version: str, reason: str) -> AliasMove:
        """Let an alias point to a version; the alias is made if need be.

        Raises:
            VersionNotFound: there is no such version.
            ConfigInvalid: the name is not 1 to 63 of ``[a-z0-9_-]``, a letter first.
        """
        if not _ALIAS.fullmatch(name):
            raise ConfigInvalid(
                "alias", "expected 1 to 63 lowercase letters, digits, - and _, a letter first"
            )
        self.manifest(version)
        while True:
            number = self.last_move(name) + 1
            move = AliasMove(number, version, rollback=False, reason=reason, at=now())
            if self._append(name, move):
                return move

    def move_first(self, name: str, version: str, reason: str) -> None:
        """Let an alias begin at a version; an alias that exists already stays where it is."""
        self.move_after(0, name, version, reason)

    def move_after(self, number: int, name: str, version: str, reason: str) -> bool:
        """Let an alias point to a version unless it has moved since its move of this number; return whether it did.

        Args:
            number: of the last move that the caller knows; 0 if it knows of none.
            name: of the alias.
            version: one that exists.
            reason: one sentence.
        """
        return self._append(name, AliasMove(number + 1, version, rollback=False, reason=reason, at=now()))

    def rollback(self, name: str, reason: str) -> AliasMove:
        """Let an alias point to where it was before; again, to where it was before that.

        Raises:
            VersionNotFound: there is no such alias.
            NoEarlierVersion: the alias points to the version that it began with.
        """
        while True:
            number = self.last_move(name) + 1
            stack = _stack(self.history(name))
            if len(stack) < 2:
                raise NoEarlierVersion(
                    f"expected an alias with an earlier version, got one that is at {stack[-1]}, where it began"
                )
            move = AliasMove(number, stack[-2], rollback=True, reason=reason, at=now())
            if self._append(name, move):
                return move

    def last_move(self, name: str) -> int:
        """Return the number of the last move of an alias, readable or not; 0 if there is none."""
        return max(self._alias_numbers(name), default=0)

    def _append(self, name: str, move: AliasMove) -> bool:
        entry = {"version": move.version, "rollback": move.rollback, "reason": move.reason, "at": move.at}
        return self.store.create(f"aliases/{name}/{move.number}.json", json.dumps(entry).encode())

    def _readable_moves(self, name: str) -> list[AliasMove]:
        moves = []
        for number in sorted(self._alias_numbers(name)):
            try:
                moves.append(self._move(name, number))
            except ArtifactCorrupt as error:
                if (name, number) not in self._unreadable:
                    log.warning("move %d of the alias %s is left out: %s", number, name, error)
                self._unreadable.add((name, number))
        return moves

    def _move(self, name: str, number: int) -> AliasMove:
        if (name, number) not in self._moves:
            entry = self._json(f"aliases/{name}/{number}.json")
            self._moves[name, number] = AliasMove(
                number,
                str(entry.get("version")),
                rollback=bool(entry.get("rollback")),
                reason=str(entry.get("reason")),
                at=str(entry.get("at")),
            )
        return self._moves[name, number]

    def _alias_numbers(self, name: str) -> list[int]:
        return self._numbers(f"aliases/{name}") if _ALIAS.fullmatch(name) else []

    def _numbers(self, folder: str) -> list[int]:
        stems = (name.removesuffix(".json") for name in self.store.names(folder))
        return [int(stem) for stem in stems if _NUMBER.fullmatch(stem)]

    def _json(self, path: str) -> dict[str, Any]:
        data = self.store.read(path, LARGEST_ENTRY)
        try:
            entry = json.loads(data or b"")
        except ValueError as error:
            raise ArtifactCorrupt("expected a journal entry in JSON") from error
        if not isinstance(entry, dict):
            raise ArtifactCorrupt("expected a journal entry to be an object")
        return entry


def _proposal_path(token: str, attempt: int) -> str:
    return f"publications/{token}/{attempt}.json"


def _blob_path(digest: str) -> str:
    return f"blobs/{digest.removeprefix('sha256:')}"


def _stack(history: list[AliasMove]) -> list[str]:
    """Return the versions that rollbacks would visit, the current one last: setting pushes, rolling back pops."""
    stack: list[str] = []
    for move in history:
        if move.rollback:
            stack = stack[:-1] or stack
        elif not stack or stack[-1] != move.version:
            stack.append(move.version)
    return stack
