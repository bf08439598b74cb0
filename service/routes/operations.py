"""What operators ask: ``/health/live`` and ``/health/ready`` as they are described, and ``/metrics``."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from service.error_schemas import Responses
from service.exchange import Handler
from service.hot import describe
from service.schemas import Health

_READY = "A network is loaded and has passed its self-test, nothing failed at the start, and the process is not on its way out."
_NOT_READY: Responses = {503: {"model": Health, "description": "Send no requests here: `reason` says why."}}
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
}


def router_of(hot: Mapping[tuple[str, str], Handler], registry: CollectorRegistry) -> APIRouter:
    """Return the described routes.

    Args:
        hot: the routes on the straight way.
        registry: everything that ``/metrics`` shows.
    """
    router = APIRouter()
    for path, operation_id, summary, description, errors in (
        ("/health/live", "live", "Say that the process answers", "Restart it when this fails.", {}),
        ("/health/ready", "ready", "Say whether to send requests here", _READY, _NOT_READY),
    ):
        describe(
            router,
            path,
            hot["GET", path],
            answer=Health,
            errors=errors,
            operation_id=operation_id,
            summary=summary,
            description=description,
            tag="health",
        )

    @router.get(
        "/metrics", operation_id="metrics", tags=["health"], response_class=Response, responses=_METRICS
    )
    def metrics() -> Response:
        """Return all metrics in Prometheus's text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
