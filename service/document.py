"""The OpenAPI document: what FastAPI knows of the routes, and what holds for all of them.

Every operation says which errors it can answer with and what is in them. Schemas stand once, under ``components``.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.error_schemas import problems, protocol_errors
from service.protocols.v2_schemas import ProtocolError
from service.schemas import Problem

_CHANGING = ("post", "put", "delete")

_KEYS: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
"""The two headers that an API key may come in."""


def openapi(app: FastAPI, *, keys_needed: bool) -> dict[str, Any]:
    """Return the document of an application.

    Args:
        app: the application.
        keys_needed: whether requests that do more than read need an API key.
    """
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        license_info=app.license_info,
        separate_input_output_schemas=app.separate_input_output_schemas,
    )
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas |= {"Problem": Problem.model_json_schema(), "ProtocolError": ProtocolError.model_json_schema()}
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form, which we never send
        schemas.pop(name, None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _add_errors(path, method, operation)
            if keys_needed and method in _CHANGING:
                operation["security"] = [{name: []} for name in _KEYS]
    if keys_needed:
        document["components"]["securitySchemes"] = _KEYS
    found: dict[str, Any] = {}
    whole: dict[str, Any] = _hoisted(document, found)
    whole["components"]["schemas"] = {**found, **whole["components"]["schemas"]}
    return whole


def _add_errors(path: str, method: str, operation: dict[str, Any]) -> None:
    """Let an operation name what any of its kind can answer."""
    protocol = path.startswith(("/v1", "/v2"))
    statuses = [
        *((400, 401, 403, 409, 413) if method in _CHANGING else ()),
        *((404, 409) if "{" in path else ()),
    ]
    for parameter in operation.get("parameters", ()):
        _never_null(parameter)
    responses = operation["responses"]
    for status in statuses:
        if str(status) not in responses:
            responses[str(status)] = (protocol_errors if protocol else problems)(status)[status]


def _never_null(parameter: dict[str, Any]) -> None:
    """Say of a parameter that may be left out what it is when it comes: there is no null in a query or a header."""
    schema = parameter["schema"]
    given = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(given) == 1:
        del schema["anyOf"]
        schema.update(given[0])


def _hoisted(value: Any, found: dict[str, Any]) -> Any:
    """Return a part of the document without the schemas that it defines for itself, which are added to those found."""
    if isinstance(value, list):
        return [_hoisted(item, found) for item in value]
    if not isinstance(value, dict):
        return value
    for name, schema in value.get("$defs", {}).items():
        found.setdefault(name, _hoisted(schema, found))
    moved = {name: _hoisted(item, found) for name, item in value.items() if name != "$defs"}
    reference = moved.get("$ref")
    if isinstance(reference, str):
        moved["$ref"] = reference.replace("#/$defs/", "#/components/schemas/")
    return moved
