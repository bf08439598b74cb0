"""The compose file starts the same service as everything else, alone or scaled."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "numeral"]
SCALE = [name for name, service in SERVICES.items() if "scale" in service.get("profiles", [])]


def test_without_a_profile_only_the_service_starts() -> None:
    """A plain `docker compose up` needs no image but our own."""
    assert [name for name in SERVICES if name not in SCALE] == ["numeral"]


def test_the_scale_profile_has_replicas_and_workers() -> None:
    """There are at least two of what answers and two of what trains, on a database and a store."""
    assert {"api", "worker", "database", "store", "balancer"} <= set(SCALE)
    assert SERVICES["api"]["deploy"]["replicas"] >= 2
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_they_do_not_need(name: str) -> None:
    """Read-only root, no capabilities, no new privileges; /data is the one place to write to."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    places = [*service.get("volumes", []), *service.get("tmpfs", [])]
    assert len(places) == 1
    assert "/data" in places[0]


@pytest.mark.parametrize("name", list(SERVICES))
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    """Nothing is reachable from outside unless someone decides so."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SCALE)
def test_what_is_waited_for_can_be_healthy(name: str) -> None:
    """A service that others wait to be healthy has a health check."""
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


def test_replicas_and_workers_share_their_stores() -> None:
    """The replicas would not see what the workers learn if their URLs differed."""
    assert SERVICES["api"]["environment"] == SERVICES["worker"]["environment"]
