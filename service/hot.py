"""How a hot route appears to FastAPI: described in the OpenAPI document, answered by the same function."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.error_schemas import Responses
from service.exchange import Exchange, Handler

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def describe(
    router: APIRouter,
    path: str,
    handler: Handler,
    *,
    answer: type[BaseModel],
    body: dict[str, Any],
    parameters: Sequence[dict[str, Any]],
    errors: Responses,
    operation_id: str,
    summary: str,
    tag: str,
    description: str | None = None,
    also: Mapping[str, Any] | None = None,
) -> None:
    """Add a POST route to the router's OpenAPI description; ``also`` are media types the answer may have besides JSON."""
    ok: dict[str, Any] = {"model": answer, **({"content": also} if also else {})}
    router.add_api_route(
        path,
        endpoint(handler),
        methods=["POST"],
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[tag],
        response_class=Response,
        responses={200: ok, **errors},
        openapi_extra={"requestBody": body, "parameters": list(parameters)},
    )


def endpoint(handler: Handler) -> Endpoint:
    """Return a handler as FastAPI calls it."""

    async def answered(request: Request) -> Response:
        answer = await handler(Exchange(request.scope, request.receive))
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(answer.body, answer.status, headers, answer.media.decode())

    return answered
