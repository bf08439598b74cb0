"""``/v2``: metadata, configuration and statistics in the Open Inference Protocol v2."""

from importlib.metadata import version as version_of_package
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from model.errors import ArtifactCorrupt
from service.error_schemas import protocol_errors
from service.protocols import descriptions
from service.protocols.descriptions import MODEL
from service.protocols.v2_schemas import (
    ModelConfig,
    ModelMetadata,
    ModelReady,
    NotReady,
    ServerMetadata,
    Statistics,
)
from service.routes.dependencies import ServicesDep
from service.version_counts import VersionCount

VersionPath = Annotated[str, Path(examples=["1"])]

_NOT_READY: dict[int | str, dict[str, Any]] = {503: {"model": NotReady, "description": "Not ready."}}
_BY_VERSION = protocol_errors(404, 409)

router = APIRouter(prefix="/v2", tags=["open inference protocol"], responses=protocol_errors(422, 503))


@router.get("", operation_id="v2_server_metadata")
@router.get("/", include_in_schema=False)
async def server_metadata() -> ServerMetadata:
    """Say what this server is and which extensions it knows."""
    return ServerMetadata(
        name="numeral", version=version_of_package("numeral"), extensions=descriptions.EXTENSIONS
    )


@router.get(f"/models/{MODEL}", operation_id="v2_model_metadata")
def model_metadata(services: ServicesDep) -> ModelMetadata:
    """Describe the model and its tensors; a request brings one of the two inputs."""
    return ModelMetadata(**descriptions.metadata(services.serving.registry.versions()))


@router.get(
    f"/models/{MODEL}/versions/{{version}}", operation_id="v2_version_metadata", responses=_BY_VERSION
)
def version_metadata(services: ServicesDep, version: VersionPath) -> ModelMetadata:
    """Describe a version of the model."""
    services.serving.manifest(version)
    return ModelMetadata(**descriptions.metadata([version]))


@router.get(f"/models/{MODEL}/ready", operation_id="v2_model_ready", responses=_NOT_READY)
async def model_ready(services: ServicesDep, response: Response) -> ModelReady | NotReady:
    """Say whether the model can answer."""
    reason = services.reason_not_ready
    if reason is None:
        return ModelReady(name=MODEL, ready=True)
    response.status_code = 503
    return NotReady(error=f"expected to be ready, got {reason}")


@router.get(
    f"/models/{MODEL}/versions/{{version}}/ready",
    operation_id="v2_version_ready",
    responses=_NOT_READY | protocol_errors(404),
)
def version_ready(services: ServicesDep, version: VersionPath, response: Response) -> ModelReady | NotReady:
    """Say whether a version can answer; one that is not in memory is loaded by its first request."""
    reason = services.serving.broken.get(version)
    try:
        services.serving.manifest(version)
    except ArtifactCorrupt as error:
        reason = str(error)
    if reason is None:
        return ModelReady(name=MODEL, ready=True)
    response.status_code = 503
    return NotReady(error=reason)


@router.get(f"/models/{MODEL}/config", operation_id="v2_model_config")
async def model_config(services: ServicesDep) -> ModelConfig:
    """Return the model's configuration."""
    return ModelConfig(**descriptions.config(services.settings.max_batch))


@router.get(
    f"/models/{MODEL}/versions/{{version}}/config", operation_id="v2_version_config", responses=_BY_VERSION
)
def version_config(services: ServicesDep, version: VersionPath) -> ModelConfig:
    """Return the configuration of a version, which is that of the model."""
    services.serving.manifest(version)
    return ModelConfig(**descriptions.config(services.settings.max_batch))


@router.get("/models/stats", operation_id="v2_statistics")
@router.get(f"/models/{MODEL}/stats", operation_id="v2_model_statistics")
def statistics(services: ServicesDep) -> Statistics:
    """Return what every version did that did anything, in all API processes."""
    counts = services.metrics.versions.counts()
    return Statistics.model_validate({"model_stats": [_statistics(count) for count in counts]})


@router.get(
    f"/models/{MODEL}/versions/{{version}}/stats",
    operation_id="v2_version_statistics",
    responses=_BY_VERSION,
)
def version_statistics(services: ServicesDep, version: VersionPath) -> Statistics:
    """Return what a version did."""
    services.serving.manifest(version)
    counts = [count for count in services.metrics.versions.counts() if count.version == version]
    found = counts or [VersionCount(version)]
    return Statistics.model_validate({"model_stats": [_statistics(count) for count in found]})


def _statistics(count: VersionCount) -> dict[str, Any]:
    parts = {
        "success": (count.requests, count.success),
        "fail": (count.failed, count.fail),
        "queue": (count.requests, count.queue),
        "compute_input": (count.requests, count.input),
        "compute_infer": (count.requests, count.infer),
        "compute_output": (count.requests, count.output),
        "cache_hit": (0, 0.0),
        "cache_miss": (0, 0.0),
    }
    return {
        "name": MODEL,
        "version": count.version,
        "last_inference": round(1000 * count.last),
        "inference_count": count.pictures,
        "execution_count": count.passes,
        "inference_stats": {
            name: {"count": number, "ns": round(1e9 * seconds)} for name, (number, seconds) in parts.items()
        },
        "batch_stats": [],
    }
