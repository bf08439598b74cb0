"""What a start leaves for later."""

import subprocess
import sys
from pathlib import Path

import httpx

from service.app import Numeral
from tests.service.server_process import running_server

BUILT = """
from service.quick_start import spare
spare()
from fastapi.openapi.models import Info
from service.schemas import Health
print(Info.__pydantic_complete__, Health.__pydantic_complete__, Health(status="live").status, Health.__pydantic_complete__)
"""


def test_a_model_is_built_when_it_is_first_used() -> None:
    """FastAPI's are never, unless somebody asks for the document."""
    built = subprocess.run([sys.executable, "-c", BUILT], check=True, capture_output=True, text=True)
    assert built.stdout.split() == ["False", "False", "live", "True"]


def test_a_quick_start_changes_no_description(shipped_app: Numeral, tmp_path: Path) -> None:
    """The document of a service that builds its models late is that of an application that builds them at once."""
    with running_server(tmp_path / "home") as server:
        assert httpx.get(f"{server.url}/openapi.json").json() == shipped_app.api.openapi()


def test_a_server_begins_without_fastapi() -> None:
    """It is imported while the first requests are answered already."""
    code = "import sys, service.server; print(sorted({'dbos', 'fastapi', 'httpx', 'prometheus_client', 'sqlalchemy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
