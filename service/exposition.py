"""What ``/metrics`` shows, in the form that Prometheus's own library knows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from service.counters import Counters, Family
from service.metrics import Metrics
from service.records import Records
from service.serving import Serving
from service.version_counts import VersionCounts
from service.watching import DriftCollector, JobsCollector

_KINDS = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily}


def registry_of(metrics: Metrics, serving: Serving, records: Records) -> CollectorRegistry:
    """Return everything that ``/metrics`` shows: what is counted, and what is looked up when somebody asks."""
    registry = CollectorRegistry()
    for collector in (
        CountersCollector(metrics.counters),
        VersionsCollector(metrics.versions),
        DriftCollector(serving, metrics),
        JobsCollector(records),
    ):
        registry.register(collector)
    return registry


class CountersCollector(Collector):
    """The counters of all processes, added up."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        values = self._counters.values()
        for family in self._counters.families:
            yield _shown(family, values)


def _shown(family: Family, values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Metric:
    metric: Any = _KINDS[family.kind](family.name, family.text, labels=list(family.labels))
    for child in family.children:
        place = family.place(*child)
        if family.kind != "histogram":
            metric.add_metric(list(child), float(values[place]))
            continue
        counts = values[place : place + family.width - 1].cumsum()
        bounds = [*map(floatToGoString, family.bounds), "+Inf"]
        buckets = [(bound, float(count)) for bound, count in zip(bounds, counts, strict=True)]
        metric.add_metric(list(child), buckets=buckets, sum_value=float(values[place + family.width - 1]))
    found: Metric = metric
    return found


class VersionsCollector(Collector):
    """What each version did, and how many processes serve it."""

    def __init__(self, versions: VersionCounts) -> None:
        self._versions = versions

    def collect(self) -> Iterator[Metric]:
        """Yield pictures by version, and processes by version."""
        pictures = CounterMetricFamily(
            "numeral_version_predictions", "Pictures read, by the version that read them.", labels=["version"]
        )
        for count in self._versions.counts():
            pictures.add_metric([count.version], count.pictures)
        yield pictures
        serving = GaugeMetricFamily(
            "numeral_processes_serving", "API processes, by the version they serve.", labels=["version"]
        )
        for version, processes in self._versions.serving().items():
            serving.add_metric([version], processes)
        yield serving
