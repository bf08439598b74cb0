"""Holds the networks that answer: which one is current, how it changes, and what is wrong with those that cannot serve.

What is served never changes; what changes is one reference. A new version is loaded beside the old one, verified and
warmed, and then a single assignment makes it the current one. A request takes the reference once and finishes with it.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any

import numpy as np

from model.arrays import Array
from model.artifact import Artifact
from model.errors import ArtifactCorrupt, ConfigInvalid, ModelError, VersionNotFound
from model.form import PIXELS
from model.predictor import Policy, Predictor
from model.registry import Registry
from model.shipped import PRODUCTION
from service.errors import ApiError
from service.recurring import Recurring

SHADOW = "shadow"
KEPT = 3
"""Networks kept beside production's and the shadow's, the most recently asked for."""

SECOND_TRY = 10.0
"""Seconds after which a broken version is looked at again: somebody may have mended it."""

log = logging.getLogger("numeral.serving")


class Serving:
    """The current network and the others on demand; safe to share between threads.

    Args:
        registry: what there is.
        every: seconds between looks at the aliases.
        policy: when to abstain, if not as each network's calibration says.
        swapped: is told the version that has become the current one, and whether it is the first.
        place: puts the arrays of the network with a digest where several processes share them, if there are several.

    Attributes:
        current: what answers when nobody asks for another; None until one could be loaded.
        aliases: where every alias pointed at the last look.
        broken: why a version cannot serve, by version.
        problem: why the store could not be looked at, if so.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        every: float = 0.5,
        policy: Policy | None = None,
        swapped: Callable[[str, bool], None] = lambda _version, _first: None,
        place: Callable[[str, Sequence[Array]], Sequence[Array]] | None = None,
    ) -> None:
        self.registry = registry
        self.current: Predictor | None = None
        self.aliases: Mapping[str, str] = {}
        self.broken: dict[str, str] = {}
        self.problem: str | None = None
        self.looked = threading.Event()
        self._policy, self._swapped, self._place = policy, swapped, place
        self._before: list[Callable[[Registry], object]] = []
        self._manifests: dict[str, dict[str, Any]] = {}
        self._kept: OrderedDict[str, Predictor] = OrderedDict()
        self._tried: dict[str, float] = {}
        self._refreshing, self._fetching, self._keeping = threading.Lock(), threading.Lock(), threading.Lock()
        self._refreshes = Recurring("refresh", self.refresh, every)

    def first(self, prepare: Callable[[Registry], object]) -> None:
        """Have this done before the first look, such as filling an empty store; again until it succeeds."""
        self._before.append(prepare)

    def start(self) -> None:
        """Look at the aliases from now on, in a thread, until ``stop``."""
        self._refreshes.start()

    def stop(self) -> None:
        """Look no more."""
        self._refreshes.stop()

    def refresh(self) -> None:
        """Look where the aliases point and, if need be, load and swap. Whatever goes wrong, the current network stays."""
        with self._refreshing:
            try:
                while self._before:
                    self._before[0](self.registry)
                    del self._before[0]
                self.aliases = self.registry.aliases()
                self._follow_production()
                self._say_problem(None)
            except ModelError as error:
                self._say_problem(str(error))
            except Exception:
                log.exception("looking at the aliases failed")
                self._say_problem("expected to look at the aliases, got an error of our own")
        self.looked.set()

    def _say_problem(self, problem: str | None) -> None:
        if problem != self.problem:
            if problem is None:
                log.info("the store answers again")
            else:
                log.error("the store cannot be looked at: %s", problem)
        self.problem = problem

    def _follow_production(self) -> None:
        wanted = self.aliases.get(PRODUCTION)
        if wanted is None or (self.current is not None and self.current.version == wanted):
            return
        for version in [wanted, *self.registry.earlier_versions(PRODUCTION)]:
            if self.current is not None and self.current.version == version:
                return  # the newest good one serves already
            predictor = self._load_or_quarantine(version)
            if predictor is not None:
                self._swap(predictor)
                return

    def _swap(self, predictor: Predictor) -> None:
        before, self.current = self.current, predictor
        if before is not None:
            self._keep(before)
        self._swapped(predictor.version, before is None)
        log.info("version %s serves, instead of %s", predictor.version, before.version if before else "none")

    def _load_or_quarantine(self, version: str) -> Predictor | None:
        try:
            self._refuse_tried(version)
            return self._loaded(version)
        except (ArtifactCorrupt, VersionNotFound):
            return None

    def _refuse_tried(self, version: str) -> None:
        """Refuse a version that was found broken a moment ago, without looking at it again."""
        reason = self.broken.get(version)
        if reason is not None and monotonic() - self._tried[version] < SECOND_TRY:
            raise ArtifactCorrupt(reason)

    def _loaded(self, version: str) -> Predictor:
        """Return a network, loaded, verified and warm; a broken one is noted with its reason."""
        kept = self._kept.get(version)
        if kept is not None:
            return kept
        try:
            predictor = warmed(self._under_policy(self.registry.load(version)))
        except (ArtifactCorrupt, VersionNotFound) as error:
            self._quarantine(version, error)
            raise
        if self.broken.pop(version, None) is not None:
            log.info("version %s is whole again", version)
        return predictor

    def _under_policy(self, artifact: Artifact) -> Predictor:
        """Return a network that abstains as this server is set to, or, where it was not calibrated, as it does by itself."""
        place = list if self._place is None else partial(self._place, artifact.digest)
        try:
            return Predictor(artifact, self._policy, place)
        except ConfigInvalid as error:
            log.warning("version %s abstains by its own measure: %s", artifact.version, error)
            return Predictor(artifact, place=place)

    def _quarantine(self, version: str, error: ModelError) -> None:
        if isinstance(error, VersionNotFound) and version not in self.registry.versions():
            return
        self._tried[version] = monotonic()
        if self.broken.get(version) != str(error):
            self.broken[version] = str(error)
            log.error("version %s is broken and will not serve: %s", version, error)

    def _keep(self, predictor: Predictor) -> None:
        with self._keeping:
            self._kept[predictor.version] = predictor
            self._kept.move_to_end(predictor.version)
            others = [version for version in self._kept if version != self.aliases.get(SHADOW)]
            for version in others[: max(0, len(others) - KEPT)]:
                del self._kept[version]

    def forget(self, version: str) -> None:
        """Let go of a network that is kept beside the current one; whoever asks for it loads it anew."""
        with self._keeping:
            self._kept.pop(version, None)

    def at_hand(self, name: str | None) -> Predictor | None:
        """Return the network of a version or alias if that needs no reading from the store; of production without a name.

        Raises:
            ApiError: 503, no network could be loaded yet.
        """
        current = self.current
        if current is None:
            raise ApiError(503, "expected a network to be loaded, got none yet", headers={"Retry-After": "1"})
        if name is None or name in (current.version, PRODUCTION):
            return current
        version = self.aliases.get(name, name)
        with self._keeping:
            if version in self._kept:
                self._kept.move_to_end(version)
            return self._kept.get(version)

    def fetch(self, name: str) -> Predictor:
        """Return the network of a version or alias, from the store if need be.

        Raises:
            VersionNotFound: there is neither.
            ArtifactCorrupt: the version is broken.
            StoreUnavailable: the store could not be reached.
        """
        version = self.registry.resolve(name)
        self._refuse_tried(version)
        return self.fetch_version(version)

    def fetch_version(self, version: str) -> Predictor:
        """Return the network of a version, which is looked at now even if it was broken; raises what ``fetch`` raises."""
        with self._fetching:
            if self.current is not None and self.current.version == version:
                return self.current
            predictor = self._loaded(version)
            self._keep(predictor)
            return predictor

    def manifest(self, version: str) -> dict[str, Any]:
        """Return a version's manifest; manifests never change, so each is read once.

        Raises:
            VersionNotFound: there is no such version.
            ArtifactCorrupt: it is damaged.
        """
        manifest = self._manifests.get(version)
        if manifest is None:
            manifest = self._manifests[version] = self.registry.manifest(version)
        return manifest

    @property
    def reason_not_ready(self) -> str | None:
        """Why no network can answer, or None."""
        if self.current is not None:
            return None
        return "no_network" if self.looked.is_set() else "starting"


def warmed(predictor: Predictor) -> Predictor:
    """Read two made-up pictures, so that the weights are in memory and a network that cannot answer is found out now.

    Raises:
        ArtifactCorrupt: it does not give ten activations that sum to 1.
    """
    pixels = np.linspace(0, 255, 2 * PIXELS).astype(np.uint8).reshape(2, PIXELS)
    for reading in predictor.read(pixels, [None, None]):
        activations = reading.activations
        if activations.shape != (10,) or not abs(float(activations.sum()) - 1) < 1e-4:
            raise ArtifactCorrupt("expected ten activations that sum to 1, got others")
    return predictor
