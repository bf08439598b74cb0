"""What is wrong with a value, in sentences."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from service.sentences import sentence
from service.settings import Settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"port": 70_000}, "expected at most 65535, got more"),
        ({"port": "secret"}, "expected a whole number, got another value"),
        ({"port": 1.5}, "expected a whole number, got another"),
        ({"workers": 0}, "expected at least 1, got less"),
        ({"head_seconds": 0}, "expected more than 0, got another number"),
        ({"drain_seconds": "secret"}, "expected a number, got another value"),
        ({"no_worker": "secret"}, "expected true or false, got another value"),
        ({"log_format": "secret"}, "expected 'json' or 'text', got another value"),
        ({"database_url": "secret"}, "expected postgresql://… or sqlite:///path, got another URL"),
    ],
)
def test_a_setting(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    """What was expected and what came, but never the value itself."""
    with pytest.raises(ValidationError) as caught:
        Settings(home=tmp_path, **given)
    (found,) = caught.value.errors()
    assert sentence(found) == said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/train?limit=0", "limit: expected at least 1, got less"),
        ("/train?limit=x", "limit: expected a whole number, got another value"),
        (
            "/train?state=x",
            "state: expected 'queued', 'running', 'succeeded', 'failed' or 'cancelled', got another value",
        ),
        ("/examples?limit=5&label=10", "label: expected at most 9, got more"),
        ("/train/none/events?", "expected the id of a job, got an unknown one"),
    ],
)
async def test_a_query(tiny_client: httpx.AsyncClient, path: str, said: str) -> None:
    """The same of what stands in a query."""
    answer = await tiny_client.get(path)
    assert answer.json()["error"] == said


async def test_a_header(tiny_client: httpx.AsyncClient) -> None:
    """And of a header."""
    answer = await tiny_client.post("/train", headers={"Idempotency-Key": "x" * 300})
    assert answer.json()["error"] == "idempotency-key: expected at most 255 characters, got more"
