"""What operators ask: the health probes, ours and the protocol's, as they are described, and ``/metrics``."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from service.error_schemas import Responses, protocol_errors
from service.exchange import Handler
from service.hot import describe
from service.protocols.v2_schemas import Live, NotReady, Ready
from service.schemas import Health

_LIVE = "Say that the process answers", "Restart it when this fails."
_READY = (
    "Say whether to send requests here",
    "A network is loaded and has passed its self-test, nothing failed at the start, and the process is not on its way out.",
)
_NOT_READY: Responses = {503: {"model": Health, "description": "Send no requests here: `reason` says why."}}
_V2_ERRORS = protocol_errors(422, 503)
_V2_NOT_READY: Responses = _V2_ERRORS | {503: {"model": NotReady, "description": "Not ready."}}
_V2 = "open inference protocol"
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
    for path, operation_id, (summary, description), answer, errors, tag in (
        ("/health/live", "live", _LIVE, Health, {}, "health"),
        ("/health/ready", "ready", _READY, Health, _NOT_READY, "health"),
        ("/v2/health/live", "v2_live", _LIVE, Live, _V2_ERRORS, _V2),
        ("/v2/health/ready", "v2_ready", _READY, Ready, _V2_NOT_READY, _V2),
    ):
        describe(
            router,
            path,
            hot["GET", path],
            answer=answer,
            errors=errors,
            operation_id=operation_id,
            summary=summary,
            description=description,
            tag=tag,
        )

    @router.get(
        "/metrics", operation_id="metrics", tags=["health"], response_class=Response, responses=_METRICS
    )
    def metrics() -> Response:
        """Return all metrics in Prometheus's text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
