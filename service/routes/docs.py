"""The page at ``/docs`` that shows the OpenAPI document; it asks nothing of other servers."""

from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.responses import FileResponse

HERE = Path(__file__).parent.parent
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}


def mount(app: FastAPI) -> None:
    """Serve the page and its parts; an installation without Swagger UI serves none."""
    assets = _swagger_folder()
    if assets is not None:
        _add(app, "/docs", HERE / "docs" / "index.html")
        _add(app, "/docs/start.js", HERE / "docs" / "start.js")
        for name in SWAGGER:
            _add(app, f"/docs/assets/{name}", assets / name)


def _add(app: FastAPI, path: str, file: Path) -> None:
    app.add_api_route(path, _file(file), include_in_schema=False, response_model=None)


def _file(file: Path) -> Callable[[], Coroutine[Any, Any, FileResponse]]:
    async def endpoint() -> FileResponse:
        return FileResponse(file, headers=_HEADERS)

    return endpoint


def _swagger_folder() -> Path | None:
    """Where Swagger UI lies: fastapi-offline carries it, and nothing of that package is run."""
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "static"
