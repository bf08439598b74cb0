"""Answers of the routes behind FastAPI."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response


def json_answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a document as JSON."""
    return Response(orjson.dumps(document), status, headers, "application/json")
