"""``/models`` and ``/aliases``: the published versions, and the names that point to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import ValidationError

from model.card import model_card
from model.errors import ArtifactCorrupt
from model.onnx_export import encode_onnx
from model.registry import ALIAS_PATTERN
from service.bodies import parse_json, receive_document
from service.error_schemas import problems
from service.errors import ApiError
from service.exchange import Exchange
from service.routes.dependencies import ServicesDep
from service.routes.queries import only_known
from service.schemas import Alias, Aliases, AliasTarget, Model, ModelDetail, Models
from service.serving import Serving

router = APIRouter(tags=["models"], dependencies=[Depends(only_known)])

VersionPath = Annotated[str, Path(examples=["1"])]
_NAME: dict[str, Any] = {"pattern": f"^{ALIAS_PATTERN}$"}
AliasPath = Annotated[str, Path(max_length=63, examples=["production"], json_schema_extra=_NAME)]


@router.get("/models", operation_id="list_models")
def list_models(services: ServicesDep) -> Models:
    """List all published versions, the oldest first; a broken one with the reason why it cannot serve."""
    serving = services.serving
    aliases = serving.registry.aliases()
    return Models(models=[_summary(serving, version, aliases) for version in serving.registry.versions()])


@router.get("/models/{version}", operation_id="get_model")
def get_model(services: ServicesDep, version: VersionPath) -> ModelDetail:
    """Return a version's manifest, metrics and model card."""
    serving = services.serving
    summary = _summary(serving, version, serving.registry.aliases())
    if summary.digest is None:
        return ModelDetail(**summary.model_dump(), manifest=None, card=None)
    manifest = serving.manifest(version)
    return ModelDetail(**summary.model_dump(), manifest=manifest, card=model_card(manifest))


@router.get(
    "/models/{version}/weights",
    operation_id="get_weights",
    response_class=Response,
    responses={304: {"description": "If-None-Match names the weights that there are."}},
)
def get_weights(
    services: ServicesDep, version: VersionPath, if_none_match: Annotated[str, Header()] = ""
) -> Response:
    """Return the weights as a safetensors file: tensors `layers.I.weight` (n_in, n_out) and `layers.I.bias`."""
    tag = f'"{services.serving.manifest(version)["weights"]["digest"]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}  # another home may have another version 1
    if tag in if_none_match or if_none_match == "*":  # a digest is part of no other tag
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="numeral-{version}.safetensors"'
    data = services.serving.registry.weights(version)
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/models/{version}/onnx", operation_id="get_onnx", response_class=Response)
def get_onnx(services: ServicesDep, version: VersionPath) -> Response:
    """Return the network as an ONNX file: `pixels` (0 to 255) in, `activations` and `digit` out."""
    data = encode_onnx(services.serving.registry.load(version))
    headers = {"Content-Disposition": f'attachment; filename="numeral-{version}.onnx"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/models/{version}/card", operation_id="get_card", response_class=Response)
def get_card(services: ServicesDep, version: VersionPath) -> Response:
    """Return the model card, Markdown."""
    return Response(model_card(services.serving.manifest(version)), media_type="text/markdown")


@router.get("/aliases", operation_id="list_aliases")
def list_aliases(services: ServicesDep) -> Aliases:
    """Return where every alias points."""
    return Aliases(aliases=services.serving.registry.aliases())


async def _asked(request: Request) -> dict[str, Any]:
    return parse_json(await receive_document(Exchange(request.scope, request.receive)))


AskedDep = Annotated[dict[str, Any], Depends(_asked)]


@router.put(
    "/aliases/{name}",
    operation_id="set_alias",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": AliasTarget.model_json_schema()}},
        }
    },
    responses=problems(400, 408, 413),
)
def set_alias(services: ServicesDep, name: AliasPath, asked: AskedDep) -> Alias:
    """Let an alias point to a version, which is loaded and checked first; the alias is made if need be."""
    try:
        version = AliasTarget.model_validate(asked).version
    except ValidationError:
        message = 'expected {"version": "7"} or the like, got another document'
        raise ApiError(422, message, field="version") from None
    serving = services.serving
    serving.fetch_version(version)
    move = serving.registry.set_alias(name, version, "set through the API")
    serving.refresh()
    return Alias(name=name, version=move.version)


@router.post("/aliases/{name}/rollback", operation_id="roll_back_alias")
def roll_back_alias(services: ServicesDep, name: AliasPath) -> Alias:
    """Let an alias point to where it was before; again, to where it was before that."""
    serving = services.serving
    move = serving.registry.rollback(name, "rolled back through the API")
    serving.refresh()
    return Alias(name=name, version=move.version)


def _summary(serving: Serving, version: str, aliases: dict[str, str]) -> Model:
    names = sorted(name for name, target in aliases.items() if target == version)
    manifest: dict[str, Any] = {}
    error = serving.broken.get(version)
    try:
        manifest = serving.manifest(version)
    except ArtifactCorrupt as broken:
        error = str(broken)
    return Model(
        version=version,
        digest=manifest.get("weights", {}).get("digest"),
        aliases=names,
        created_at=manifest.get("created_at"),
        metrics=manifest.get("metrics", {}),
        parent=manifest.get("parent"),
        architecture=manifest.get("architecture"),
        error=error,
    )
