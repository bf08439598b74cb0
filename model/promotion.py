"""Moving ``production`` to a newly published version, if the policy of its training allows it."""

from dataclasses import dataclass

from model.artifact import Artifact
from model.dataset import Dataset
from model.errors import ArtifactCorrupt, VersionNotFound
from model.gate import Verdict, judge
from model.registry import Registry
from model.shipped import PRODUCTION


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What candidates are judged on.

    Attributes:
        digits: labelled digits that no version has learned from.
        examples: users' examples set aside from this training; may be empty.
        corrected: all users' examples; may be empty.
    """

    digits: Dataset
    examples: Dataset
    corrected: Dataset

    @classmethod
    def without_examples(cls, digits: Dataset) -> "HeldOut":
        """Return held-out digits alone."""
        empty = digits.take(slice(0, 0))
        return cls(digits, empty, empty)


def promote(registry: Registry, version: str, policy: str, held_out: HeldOut) -> Verdict:
    """Judge a version and move ``production`` to it if it passes.

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
    if policy == "always":
        verdict = Verdict(promoted=True, reason="promotion was asked for in any case")
    else:
        candidate, current = registry.load(version), _current(registry)
        verdict = judge(candidate, current, held_out.digits, held_out.examples, held_out.corrected)
    if verdict.promoted:
        registry.set_alias(PRODUCTION, version, verdict.reason)
    return verdict


def _current(registry: Registry) -> Artifact | None:
    """Return the newest good version of ``production``'s history: the one that serves."""
    try:
        candidates = [registry.alias(PRODUCTION), *registry.earlier_versions(PRODUCTION)]
    except VersionNotFound:
        return None
    for version in candidates:
        try:
            return registry.load(version)
        except (ArtifactCorrupt, VersionNotFound):
            continue
    return None
