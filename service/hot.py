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
    errors: Responses,
    operation_id: str,
    summary: str,
    tag: str,
    body: dict[str, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
    description: str | None = None,
    also: Mapping[str, Any] | None = None,
) -> None:
    """Add a route to the router's OpenAPI description.

    Args:
        router: of FastAPI.
        path: of the route.
        handler: answers it.
        answer: the document it answers with.
        errors: what it may answer with instead.
        operation_id: a name of its own.
        summary: a few words.
        tag: the group that the route belongs to.
        body: what a request brings; GET has none.
        parameters: of the query or the path.
        description: a sentence or two.
        also: media types that the answer may have besides JSON.
    """
    ok: dict[str, Any] = {"model": answer, **({"content": also} if also else {})}
    extra: dict[str, Any] = {"parameters": list(parameters)} if parameters else {}
    if body is not None:
        extra["requestBody"] = body
    router.add_api_route(
        path,
        endpoint(handler),
        methods=["GET" if body is None else "POST"],
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[tag],
        response_class=Response,
        responses={200: ok, **errors},
        openapi_extra=extra,
    )


def endpoint(handler: Handler) -> Endpoint:
    """Return a handler as FastAPI calls it."""

    async def answered(request: Request) -> Response:
        answer = await handler(Exchange(request.scope, request.receive))
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(answer.body, answer.status, headers, answer.media.decode())

    return answered
