"""What the service counts, and how a request is counted."""

from collections.abc import Sequence
from itertools import chain

from model import drift
from model.arrays import Pixels
from model.predictor import Reading
from service.counters import Counters, Family
from service.exchange import PHASES, Tally
from service.version_counts import VersionCounts

ROUTES = (
    "/predict", "/predict/batch", "/explain", "/models", "/models/{version}", "/models/{version}/weights",
    "/models/{version}/onnx", "/models/{version}/card", "/aliases", "/aliases/{name}", "/aliases/{name}/rollback",
    "/train", "/train/{job_id}", "/train/{job_id}/events", "/examples", "/v1", "/v1/models/digits:predict",
    "/v1/models/digits:explain", "/v2", "/v2/models/digits/infer", "/v2/health/live", "/v2/health/ready",
    "/health/live", "/health/ready", "/metrics", "/openapi.json",
    "/docs", "/", "other",
)  # fmt: skip
"""Label values of routes; one that is not here counts as its longest beginning that is, or as ``other``."""

STATUSES = ("2xx", "3xx", "4xx", "5xx")
REASONS = ("none", "blank", "not_a_digit", "ambiguous")
QUEUES = ("decode", "forward")

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SHORT = (
    0.00001,
    0.000025,
    0.00005,
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.5,
    2.5,
)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
_COUNTS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Everything counted; how ``/metrics`` shows it stands in ``service.exposition``."""

    def __init__(self, processes: int = 1) -> None:
        self.requests = Family(
            "counter", "numeral_requests", "Requests answered.", {"route": ROUTES, "status": STATUSES}
        )
        self.request_seconds = Family(
            "histogram",
            "numeral_request_seconds",
            "Time from a request to its answer.",
            {"route": ROUTES},
            _SECONDS,
        )
        self.phase_seconds = Family(
            "histogram",
            "numeral_phase_seconds",
            "Time in each phase of a prediction.",
            {"phase": PHASES},
            _SHORT,
        )
        self.digits = Family(
            "counter",
            "numeral_predictions",
            "Pictures read, by the digit read and the reason to abstain.",
            {"digit": tuple("0123456789"), "reason": REASONS},
        )
        self.confidence = Family("histogram", "numeral_confidence", "Confidence of readings.", None, _SHARES)
        self.batch_sizes = Family(
            "histogram", "numeral_batch_size", "Pictures in a forward pass.", None, _COUNTS
        )
        self.in_flight = Family("gauge", "numeral_requests_in_flight", "Requests being answered.")
        self.shed = Family(
            "counter", "numeral_requests_shed", "Requests refused because too much was waiting."
        )
        self.queue_depth = Family(
            "gauge",
            "numeral_queue_depth",
            "Pictures that wait to be decoded in a thread, or for a forward pass.",
            {"queue": QUEUES},
        )
        self.reloads = Family(
            "counter", "numeral_reloads", "Networks that took the place of another in an API process."
        )
        self.ink = Family(
            "counter",
            "numeral_input_ink",
            "Pictures read, by the share of the 28x28 that has ink.",
            {"share": drift.INK_BINS},
        )
        self.shadow_pictures = Family(
            "counter", "numeral_shadow_predictions", "Pictures that the shadow network read too."
        )
        self.shadow_disagreements = Family(
            "counter",
            "numeral_shadow_disagreements",
            "Pictures that the shadow network read as another digit.",
        )
        self.shadow_dropped = Family(
            "counter", "numeral_shadow_dropped", "Pictures that the shadow network had no time for."
        )
        families = [family for family in vars(self).values() if isinstance(family, Family)]
        self.counters = Counters(families, processes)
        self.versions = VersionCounts(processes)
        # The hot values are found once: a lookup by label values would cost more than the addition.
        self._requests = {r: {int(s[0]): self.requests.place(r, s) for s in STATUSES} for r in ROUTES}
        self._seconds = {r: self.request_seconds.place(r) for r in ROUTES}
        self._phases = [self.phase_seconds.place(p) for p in PHASES]
        self._digits = {r: [self.digits.place(str(d), r) for d in range(10)] for r in REASONS}
        self._ink = [self.ink.place(share) for share in drift.INK_BINS]
        self._passes: list[tuple[str, Pixels, list[Reading]]] = []
        self._queues = {name: self.queue_depth.place(name) for name in QUEUES}

    def take_row(self, process: int) -> None:
        """Let this process, the n-th, count in memory of its own from now on."""
        self.counters.take_row(process)
        self.versions.take_row(process)

    def answered(self, tallies: Sequence[Tally]) -> None:
        """Count requests that were answered in one turn of the event loop."""
        requests, seconds = self._requests, self._seconds
        self.requests.add_each(
            [requests[tally.route][min(max(tally.status // 100, 2), 5)] for tally in tallies]
        )
        self.request_seconds.observe_each(
            [seconds[tally.route] for tally in tallies], [tally.seconds for tally in tallies]
        )
        phases = [tally.phases for tally in tallies if tally.phases[0]]
        self.phase_seconds.observe_each(self._phases * len(phases), list(chain.from_iterable(phases)))

    def passed(self, version: str, pixels: Pixels, readings: list[Reading]) -> None:
        """Take note of a forward pass, which ``settle`` counts: nobody's answer waits for that.

        Args:
            version: that read.
            pixels: (batch, 784), not written to any more.
            readings: one for each.
        """
        self._passes.append((version, pixels, readings))

    def settle(self) -> None:
        """Count the passes noted so far: their pictures, what they look like and what was read."""
        passes, self._passes = self._passes, []
        digits = self._digits
        for version, pixels, readings in passes:
            self.batch_sizes.observe(self.batch_sizes.offset, len(readings))
            self.versions.read(version, len(readings))
            self.digits.add_each([digits[reading.reason or "none"][reading.digit] for reading in readings])
            confidences = [reading.confidence for reading in readings]
            self.confidence.observe_each([self.confidence.offset] * len(readings), confidences)
            self.ink.add_each([self._ink[ink] for ink in drift.ink_bins(pixels)])

    def queued(self, name: str, change: int) -> None:
        """Say that pictures joined a queue of ``QUEUES``, or left it."""
        self.queue_depth.add(self._queues[name], change)

    def reloaded(self, version: str, first: bool) -> None:
        """Say which network this process serves now."""
        self.versions.serves(version)
        if not first:
            self.reloads.add(self.reloads.offset)
