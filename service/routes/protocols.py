"""``/v1`` and ``/v2`` for inference: how the routes are described, and their place on the straight way."""

from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from service.exchange import Handler
from service.hot import endpoint
from service.protocols.descriptions import MODEL
from service.protocols.openapi import errors, infer_body, instances_body
from service.protocols.v1_schemas import V1Explanations, V1Model, V1Models, V1Predictions
from service.protocols.v2_schemas import InferenceResponse, NotReady
from service.routes.v1 import MOST_EXPLAINED, Instances
from service.routes.v2 import Infer
from service.services import Services, services_of

_V2, _V1 = "open inference protocol", "v1 protocol"
_ERRORS = (400, 401, 404, 408, 409, 413, 415, 422, 503)
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "maxLength": 20},
    "example": "1",
}

meta = APIRouter(prefix="/v1", tags=[_V1], responses=errors(422, 503))


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


def router_of(services: Services) -> tuple[APIRouter, dict[tuple[str, str], Handler]]:
    """Return the described routes, and the functions on the straight way by method and path."""
    router, infer, instances = APIRouter(), Infer(services), Instances(services)
    most = services.settings.max_batch
    predict, explain = f"/v1/models/{MODEL}:predict", f"/v1/models/{MODEL}:explain"
    plain, versioned = f"/v2/models/{MODEL}/infer", f"/v2/models/{MODEL}/versions/{{version}}/infer"
    _add(
        router,
        plain,
        infer,
        operation_id="v2_infer",
        answer=InferenceResponse,
        body=infer_body(most),
        parameters=[],
    )
    _add(
        router,
        versioned,
        infer,
        operation_id="v2_infer_version",
        answer=InferenceResponse,
        body=infer_body(most),
        parameters=[_VERSION],
    )
    _add(
        router,
        predict,
        instances.predict,
        operation_id="v1_predict",
        answer=V1Predictions,
        body=instances_body(most),
        parameters=[],
    )
    _add(
        router,
        explain,
        instances.explain,
        operation_id="v1_explain",
        answer=V1Explanations,
        body=instances_body(MOST_EXPLAINED),
        parameters=[],
    )
    hot: dict[tuple[str, str], Handler] = {
        ("POST", plain): infer,
        ("POST", predict): instances.predict,
        ("POST", explain): instances.explain,
    }
    return router, hot


def _add(
    router: APIRouter,
    path: str,
    handler: Handler,
    *,
    operation_id: str,
    answer: type[BaseModel],
    body: dict[str, Any],
    parameters: list[dict[str, Any]],
) -> None:
    second = path.startswith("/v2")
    ok: dict[str, Any] = {"model": answer, **({"content": _BINARY} if second else {})}
    router.add_api_route(
        path,
        endpoint(handler),
        methods=["POST"],
        operation_id=operation_id,
        summary=_SUMMARIES[operation_id],
        tags=[_V2 if second else _V1],
        response_class=Response,
        responses={200: ok, **errors(*_ERRORS)},
        openapi_extra={"requestBody": body, "parameters": parameters},
    )


_SUMMARIES = {
    "v2_infer": "Read pictures that come as tensors",
    "v2_infer_version": "Read pictures that come as tensors, with one version",
    "v1_predict": "Read instances",
    "v1_explain": "Show the four steps of back-propagation for instances",
}
