"""Running the command in this process, as a person would type it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from service.cli.main import app


def numeral(*words: str | Path) -> Result:
    """Run ``numeral`` with these words."""
    return CliRunner().invoke(app, [str(word) for word in words])


def json_of(*words: str | Path) -> list[Any]:
    """Run a command that must succeed with ``--json`` and return its lines."""
    result = numeral(*words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]
