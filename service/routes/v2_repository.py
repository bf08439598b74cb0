"""``/v2/repository``: which versions there are, and which network an alias names.

The protocol loads and unloads models; here every version can be loaded at any time by asking for it. To load therefore
means to have a version verified and in memory, and, if parameters say so, to let an alias point to it; to unload means to
let go of one that does not serve.
"""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel

from model.errors import ArtifactCorrupt
from model.shipped import PRODUCTION
from service import bodies
from service.error_schemas import protocol_errors
from service.errors import ApiError
from service.exchange import Exchange
from service.protocols import documents
from service.protocols.descriptions import MODEL
from service.protocols.v2_schemas import Loaded, Parameters, RepositoryEntry, RepositoryIndexRequest
from service.routes.dependencies import ServicesDep
from service.serving import Serving

NamePath = Annotated[
    str,
    Path(max_length=63, description="digits, an alias or a version.", examples=[MODEL]),
]


async def _asked(request: Request) -> dict[str, Any]:
    """Return the JSON of a request; clients send it under any Content-Type or none, and may send nothing."""
    body = await bodies.receive_document(Exchange(request.scope, request.receive))
    return documents.parse(body, 0) if body else {}


AskedDep = Annotated[dict[str, Any], Depends(_asked)]


def _described(schema: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema.model_json_schema()}}
    return {"requestBody": {"required": False, "content": content}}


router = APIRouter(
    prefix="/v2/repository",
    tags=["open inference protocol"],
    responses=protocol_errors(400, 401, 408, 413, 422, 503),
)


@router.post("/index", operation_id="v2_repository_index", openapi_extra=_described(RepositoryIndexRequest))
def index(services: ServicesDep, asked: AskedDep) -> list[RepositoryEntry]:
    """List the versions of the model, the oldest first; one that is broken with the reason."""
    entries = [_entry(services.serving, version) for version in services.serving.registry.versions()]
    only_ready = asked.get("ready", False)
    if not isinstance(only_ready, bool):
        raise ApiError(400, "expected ready to be true or false, got another value")
    return [entry for entry in entries if entry.state == "READY" or not only_ready]


def _entry(serving: Serving, version: str) -> RepositoryEntry:
    reason = serving.broken.get(version)
    try:
        serving.manifest(version)
    except ArtifactCorrupt as error:
        reason = str(error)
    state = "READY" if reason is None else "UNAVAILABLE"
    return RepositoryEntry.model_validate(
        {"name": MODEL, "version": version, "state": state, "reason": reason or ""}
    )


@router.post(
    "/models/{name}/load",
    operation_id="v2_load",
    responses=protocol_errors(404, 409),
    openapi_extra=_described(Parameters),
)
def load(services: ServicesDep, name: NamePath, asked: AskedDep) -> Loaded:
    """Load and verify a version; with the parameters `version` and `alias`, let the alias point to it.

    The parameters may also stand in the parameter `config`, as JSON: some clients can send nothing else.
    """
    serving, parameters = services.serving, _parameters(asked)
    target = serving.registry.resolve(parameters.get("version", _resolvable(name)))
    if name.isdecimal() and name != target:
        raise ApiError(409, "expected one version, got it in the path and, different, in the parameters")
    serving.fetch_version(target)
    alias = parameters.get("alias")
    if alias is None and "version" in parameters and not name.isdecimal():
        alias = _resolvable(name)
    if alias is not None:
        serving.registry.set_alias(alias, target, "loaded through the inference protocol")
    serving.refresh()
    return Loaded()


@router.post(
    "/models/{name}/unload",
    operation_id="v2_unload",
    responses=protocol_errors(404, 409),
    openapi_extra=_described(Parameters),
)
def unload(services: ServicesDep, name: NamePath, asked: AskedDep) -> Loaded:
    """Let go of a version that does not serve; the one that an alias needs comes back by itself."""
    serving, parameters = services.serving, _parameters(asked)
    target = serving.registry.resolve(parameters.get("version", _resolvable(name)))
    current = serving.current
    if target == serving.registry.resolve(PRODUCTION) or (current is not None and current.version == target):
        raise ApiError(409, "expected a version that does not serve, got the one that production points to")
    serving.forget(target)
    return Loaded()


def _resolvable(name: str) -> str:
    return PRODUCTION if name == MODEL else name


def _parameters(asked: dict[str, Any]) -> dict[str, str]:
    """Return `version` and `alias`, from the parameters or from JSON in the parameter `config`."""
    given = asked.get("parameters", {})
    if not isinstance(given, dict):
        raise ApiError(400, "expected parameters to be an object, got another value")
    config = given.get("config", "{}")
    if not isinstance(config, str):
        raise ApiError(400, "expected config to be a string of JSON, got another value")
    if any(name.startswith("file:") for name in given):
        raise ApiError(400, "expected a published version, got files; train one, or publish it in the store")
    parameters = {**given, **_from_config(config)}
    found: dict[str, str] = {name: parameters[name] for name in ("version", "alias") if name in parameters}
    if not all(isinstance(value, str) for value in found.values()):
        raise ApiError(400, "expected version and alias to be strings, got another value")
    return found


def _from_config(config: str) -> dict[str, Any]:
    try:
        document = orjson.loads(config)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise ApiError(400, "expected config to be a string with a JSON object, got another")
    return document
