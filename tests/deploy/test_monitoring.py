"""The dashboard and the alert rules ask for metrics that exist, with labels and label values they have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric

from service.app import create_app
from service.exposition import registry_of
from service.settings import Settings

ROOT = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((ROOT / "grafana/numeral.json").read_text())
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "prometheus/rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [
    *(pytest.param(t["expr"], id=panel["title"]) for panel in PANELS for t in panel["targets"]),
    *(pytest.param(rule["expr"], id=rule.get("alert") or rule["record"]) for rule in RULES),
]

FROM_PROMETHEUS = {"up"}
ONLY_WHILE_TRAINING = {
    f"numeral_training_{name}" for name in ("loss", "validation_error", "images_per_second")
}
ADDED = {"job", "instance", "share", "le"}
"""Labels that Prometheus adds, or that a rule makes."""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The labels of every sample of /metrics, by its name, of a service that has read something."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("home")))
    services = app.services
    services.serving.refresh()
    services.metrics.versions.read("1", 1)
    found: dict[str, list[dict[str, str]]] = {}
    metrics: list[Metric] = list(registry_of(services.metrics, services.serving, app.records).collect())
    for metric in metrics:
        for sample in metric.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    # What only shows while a job runs, or of a network with a profile, has no samples here but a known form.
    found["numeral_training_share"] = [{"feature": "ink", "bin": "0-0.12"}]
    found["numeral_population_stability"] = [{"feature": "ink"}]
    for name in ONLY_WHILE_TRAINING:
        found[name] = [{}]
    app.close()
    return found


def names(query: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(numeral[:_][a-z0-9_:]+|up)\b", query))


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_metrics_that_exist(query: str, samples: dict[str, list[dict[str, str]]]) -> None:
    """Each is in /metrics, or recorded by a rule."""
    assert names(query)
    assert names(query) <= set(samples) | RECORDED | FROM_PROMETHEUS


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_labels_that_exist(query: str, samples: dict[str, list[dict[str, str]]]) -> None:
    """Each selected label is one of the metric's, and an exact value is one it has."""
    for name, selector in re.findall(r"\b(numeral_[a-z_]+)\{([^}]*)\}", query):
        for label, operator, value in re.findall(r'(\w+)(=~|!=|=)"([^"]*)"', selector):
            if label in ADDED:
                continue
            values = {labels.get(label) for labels in samples[name]}
            wanted = set(value.split("|")) if operator == "=~" else {value}
            assert wanted <= values, (name, label)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_balanced(query: str) -> None:
    """Brackets close in the order they open, outside of strings."""
    pairs, stack = {")": "(", "]": "[", "}": "{"}, []
    for character in re.sub(r'"[^"]*"', "", query):
        if character in pairs.values():
            stack.append(character)
        elif character in pairs:
            assert stack.pop() == pairs[character]
    assert not stack


def test_every_metric_of_ours_is_on_the_dashboard(samples: dict[str, list[dict[str, str]]]) -> None:
    """What is counted is shown somewhere; a histogram by any of its series."""
    shown = {name for panel in PANELS for target in panel["targets"] for name in names(target["expr"])}
    ours = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in samples}
    by_rules = {"numeral_input_ink_total", "numeral_training_share"}
    missing = {name for name in ours if not any(other.startswith(name) for other in shown)} - by_rules
    assert {name for name in missing if name.startswith("numeral_")} == set()


def test_alerts_say_how_bad_it_is_and_what_it_is() -> None:
    """Each has a severity and a sentence."""
    alerts = [rule for rule in RULES if "alert" in rule]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) >= 10
    for rule in alerts:
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"]["summary"]


def test_panels_do_not_overlap() -> None:
    """Each has an id of its own and its own place in 24 columns."""
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
