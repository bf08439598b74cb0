"""Moving ``production`` to a newly published version, if the policy of its training allows it."""

from model.artifact import Artifact
from model.errors import ArtifactCorrupt, VersionNotFound
from model.gate import HeldOut, Verdict, judge
from model.registry import AliasMove, Registry
from model.shipped import PRODUCTION


def promote(registry: Registry, version: str, policy: str, held_out: HeldOut) -> Verdict:
    """Judge a version and move ``production`` to it if it passes, at most once.

    The move is made only if the alias is still where it was when the judgement was made; else the version is judged
    again. A version that has been promoted is not promoted again: whoever repeats this step undoes nothing that happened
    since.

    Args:
        registry: where the version is published.
        version: the candidate.
        policy: if_better, always or never.
        held_out: what the candidate and the current network are compared on.

    Raises:
        VersionNotFound: there is no such version.
        StoreUnavailable: the store could not be reached.
    """
    if policy == "never":
        return Verdict(promoted=False, reason="promotion was not asked for")
    while True:
        # first the number, then the moves: a move made in between is then seen by the attempt below
        last, moves = registry.last_move(PRODUCTION), _moves(registry)
        earlier = next((move for move in moves if move.version == version and not move.rollback), None)
        if earlier is not None:
            return Verdict(promoted=True, reason=earlier.reason)
        verdict = _verdict(registry, version, policy, held_out)
        if not verdict.promoted or registry.move_after(last, PRODUCTION, version, verdict.reason):
            return verdict


def _verdict(registry: Registry, version: str, policy: str, held_out: HeldOut) -> Verdict:
    if policy == "always":
        return Verdict(promoted=True, reason="promotion was asked for in any case")
    candidate, current = registry.load(version), serving(registry)
    return judge(candidate, current, held_out)


def serving(registry: Registry) -> Artifact | None:
    """Return the newest good version of ``production``'s history, which is the one that serves; None if there is none."""
    if not _moves(registry):
        return None
    for version in (registry.alias(PRODUCTION), *registry.earlier_versions(PRODUCTION)):
        try:
            return registry.load(version)
        except (ArtifactCorrupt, VersionNotFound):
            continue
    return None


def _moves(registry: Registry) -> list[AliasMove]:
    try:
        return registry.history(PRODUCTION)
    except VersionNotFound:
        return []
