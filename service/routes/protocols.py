"""``/v1`` and ``/v2`` for inference: how the routes are described."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Response

from service.error_schemas import protocol_errors
from service.exchange import Handler
from service.hot import describe
from service.protocols.descriptions import MODEL
from service.protocols.openapi import infer_body, instances_body
from service.protocols.v1_schemas import V1Explanations, V1Model, V1Models, V1Predictions
from service.protocols.v2_schemas import InferenceResponse, NotReady
from service.routes.dependencies import services_of
from service.routes.v1 import MOST_EXPLAINED
from service.services import Services

_V2, _V1 = "open inference protocol", "v1 protocol"
_ERRORS = protocol_errors(400, 401, 404, 408, 409, 413, 415, 422, 503)
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "maxLength": 20},
    "example": "1",
}
_SUMMARIES = {
    "v2_infer": "Read pictures that come as tensors",
    "v2_infer_version": "Read pictures that come as tensors, with one version",
    "v1_predict": "Read instances",
    "v1_explain": "Show the four steps of back-propagation for instances",
}

meta = APIRouter(prefix="/v1", tags=[_V1], responses=protocol_errors(422, 503))


@meta.get("", operation_id="v1_live")
@meta.get("/", include_in_schema=False)
async def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@meta.get("/models", operation_id="v1_models")
async def models() -> V1Models:
    """List the models: there is one."""
    return V1Models(models=[MODEL])


@meta.get(
    f"/models/{MODEL}",
    operation_id="v1_model",
    responses={503: {"model": NotReady, "description": "Not ready."}},
)
async def model(response: Response, services: Services = Depends(services_of)) -> V1Model | NotReady:  # noqa: B008, FAST002 - the short form
    """Say whether the model can answer, and in which version."""
    current = services.serving.current
    if services.reason_not_ready is not None or current is None:
        response.status_code = 503
        return NotReady(error=f"expected to be ready, got {services.reason_not_ready}")
    status: dict[str, Any] = {"version": current.version, "state": "AVAILABLE"}
    return V1Model(name=MODEL, ready=True, model_version_status=[status])


def router_of(hot: Mapping[tuple[str, str], Handler], most: int) -> APIRouter:
    """Return the described routes; one version is asked by the same function as the current one.

    Args:
        hot: the routes on the straight way.
        most: pictures in one request.
    """
    router = APIRouter()
    predict, explain = f"/v1/models/{MODEL}:predict", f"/v1/models/{MODEL}:explain"
    plain, versioned = f"/v2/models/{MODEL}/infer", f"/v2/models/{MODEL}/versions/{{version}}/infer"
    for path, same, operation_id, answer, body in (
        (plain, plain, "v2_infer", InferenceResponse, infer_body(most)),
        (versioned, plain, "v2_infer_version", InferenceResponse, infer_body(most)),
        (predict, predict, "v1_predict", V1Predictions, instances_body(most)),
        (explain, explain, "v1_explain", V1Explanations, instances_body(MOST_EXPLAINED)),
    ):
        second = path.startswith("/v2")
        describe(
            router,
            path,
            hot["POST", same],
            answer=answer,
            body=body,
            parameters=[_VERSION] if path == versioned else [],
            errors=_ERRORS,
            operation_id=operation_id,
            summary=_SUMMARIES[operation_id],
            tag=_V2 if second else _V1,
            also=_BINARY if second else None,
        )
    return router
