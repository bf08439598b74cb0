"""Metrics that are looked up when somebody asks: drift against the training, and the training jobs."""

import logging
from collections.abc import Callable, Iterator
from math import fsum, inf
from statistics import fmean
from time import monotonic
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from model import drift
from service.job_states import STATES
from service.metrics import REASONS, Metrics
from service.record_errors import RecordError
from service.records import Records
from service.serving import Serving

LOOK_SECONDS = 2.0
"""The jobs are counted at most this often, however often somebody asks."""

_RUNNING: dict[str, tuple[str, Callable[[list[float]], float]]] = {
    "loss": ("Loss of the running jobs, their mean.", fmean),
    "validation_error": ("Validation error of the running jobs, a fraction of 1, their mean.", fmean),
    "images_per_second": ("Images that the running jobs learn from in a second, together.", fsum),
}

log = logging.getLogger("numeral.metrics")


class DriftCollector(Collector):
    """How far what came in lies from what the current network learned from."""

    def __init__(self, serving: Serving, metrics: Metrics) -> None:
        self._serving, self._metrics = serving, metrics

    def collect(self) -> Iterator[Metric]:
        """Yield the training's distributions, and the population stability since the service began."""
        expected = self._profile()
        shares = GaugeMetricFamily(
            "numeral_training_share",
            "Share of the training images, by feature and bin.",
            labels=["feature", "bin"],
        )
        index = GaugeMetricFamily(
            "numeral_population_stability",
            "Population stability index against the training since the start; 0.25 and more is a different population.",
            labels=["feature"],
        )
        for feature, found in self._counts().items():
            bins = drift.INK_BINS if feature == "ink" else drift.DIGITS
            if len(expected.get(feature, ())) != len(bins):
                continue
            for name, share in zip(bins, expected[feature], strict=True):
                shares.add_metric([feature, name], share)
            if sum(found):
                index.add_metric([feature], drift.population_stability(expected[feature], found))
        yield shares
        yield index

    def _profile(self) -> dict[str, list[float]]:
        current = self._serving.current
        profile = None if current is None else current.artifact.manifest["training"].get("profile")
        return profile if isinstance(profile, dict) else {}

    def _counts(self) -> dict[str, list[float]]:
        metrics = self._metrics
        digits = metrics.counters.totals(metrics.digits)
        by_digit = [sum(digits[digit, reason] for reason in REASONS) for digit in drift.DIGITS]
        ink = metrics.counters.totals(metrics.ink)
        return {"ink": [ink[(share,)] for share in drift.INK_BINS], "digit": by_digit}


class JobsCollector(Collector):
    """The training jobs in the database, which all replicas share: take one replica's word for them."""

    def __init__(self, records: Records) -> None:
        self._records, self._looked = records, -inf
        self._found: dict[str, Any] | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield jobs by state, epochs trained, and where the running trainings stand."""
        if monotonic() - self._looked > LOOK_SECONDS:
            self._found, self._looked = self._look(), monotonic()
        found = self._found
        yield GaugeMetricFamily(
            "numeral_database_up", "Whether the database answered.", value=float(found is not None)
        )
        if found is None:
            return
        jobs = GaugeMetricFamily("numeral_jobs", "Training jobs, by state.", labels=["state"])
        for state in STATES:
            jobs.add_metric([state], found["states"].get(state, 0))
        yield jobs
        yield GaugeMetricFamily(
            "numeral_training_epochs", "Epochs that all jobs have trained.", found["epochs"]
        )
        for name, (text, combine) in _RUNNING.items():
            values = [job[name] for job in found["running"] if job.get(name) is not None]
            if values:
                yield GaugeMetricFamily(f"numeral_training_{name}", text, combine(values))

    def _look(self) -> dict[str, Any] | None:
        try:
            with self._records.jobs() as jobs:
                return jobs.summary()
        except RecordError:
            return None
        except Exception:
            log.exception("the jobs could not be counted")
            return None
