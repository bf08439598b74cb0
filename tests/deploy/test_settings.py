"""What the container, the compose file and the manifests set is a setting, and long enough."""

import re
from pathlib import Path

import pytest
import yaml

from service.settings import Settings

ROOT = Path(__file__).parents[2]
KNOWN = {f"NUMERAL_{name.upper()}" for name in Settings.model_fields}


def set_in(path: str) -> set[str]:
    """Return the settings that a file gives a value, in any of the notations used."""
    return set(re.findall(r"(?<![{\w])(NUMERAL_[A-Z_]+)(?:=|: )", (ROOT / path).read_text()))


@pytest.mark.parametrize(
    "path",
    ["Dockerfile", "docker-compose.yml", "deploy/kubernetes/settings.env", "deploy/kubernetes/README.md"],
)
def test_what_is_set_is_a_setting(path: str) -> None:
    """An unknown NUMERAL_ variable would be ignored without a word."""
    assert set_in(path)
    assert set_in(path) <= KNOWN


def test_compose_waits_longer_than_a_stop_takes() -> None:
    """Draining and finishing what was accepted end before the container is killed."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    settings = Settings()
    for name in ("numeral", "api", "worker"):
        grace = float(services[name]["stop_grace_period"].removesuffix("s"))
        assert grace > settings.drain_seconds + settings.finish_seconds


def test_kubernetes_waits_longer_than_a_stop_takes() -> None:
    """The same, with the pre-stop wait before it."""
    pod = yaml.safe_load((ROOT / "deploy/kubernetes/api.yaml").read_text())["spec"]["template"]["spec"]
    wait = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    settings = Settings()
    assert pod["terminationGracePeriodSeconds"] > wait + settings.drain_seconds + settings.finish_seconds
