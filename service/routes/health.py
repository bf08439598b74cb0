"""``/health/live`` and ``/health/ready``: whether the process lives, and whether it should get requests."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from service.services import ServicesDep

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """Whether, and if not, why not."""

    status: Literal["live", "ready", "not_ready"]
    reason: Literal["draining", "starting", "no_network"] | None = None
    version: str | None = None


@router.get("/live", operation_id="live", response_model_exclude_none=True)
async def live() -> Health:
    """Say that the process answers; restart it when this fails."""
    return Health(status="live")


@router.get(
    "/ready",
    operation_id="ready",
    response_model_exclude_none=True,
    responses={503: {"model": Health, "description": "Send no requests here: `reason` says why."}},
)
async def ready(services: ServicesDep, response: Response) -> Health:
    """Say whether a network is loaded, has passed its self-test, and the process is not on its way out."""
    reason = services.reason_not_ready
    if reason is not None:
        response.status_code = 503
        return Health.model_validate({"status": "not_ready", "reason": reason})
    current = services.serving.current
    return Health(status="ready", version=current.version if current else None)
