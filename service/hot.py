"""How a hot route appears to FastAPI: described in the OpenAPI document, answered by the same function."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.exchange import Exchange, Handler

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def describe(
    router: APIRouter,
    path: str,
    handler: Handler,
    *,
    answer: type[BaseModel],
    body: dict[str, Any],
    parameters: list[dict[str, Any]],
    errors: tuple[int, ...],
    operation_id: str,
    summary: str,
    description: str,
    tag: str,
) -> None:
    """Add a POST route to the router's OpenAPI description."""
    router.add_api_route(
        path,
        endpoint(handler),
        methods=["POST"],
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[tag],
        response_class=Response,
        responses={200: {"model": answer}, **problems(*errors)},
        openapi_extra={"requestBody": body, "parameters": parameters},
    )


def endpoint(handler: Handler) -> Endpoint:
    """Return a handler as FastAPI calls it."""

    async def answered(request: Request) -> Response:
        answer = await handler(Exchange(request.scope, request.receive))
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(answer.body, answer.status, headers, answer.media.decode())

    return answered


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of errors with these statuses."""
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": _MEANINGS[status], "content": {"application/problem+json": reference}}
        for status in statuses
    }


_MEANINGS = {
    400: "Malformed: the body cannot be read, or is cut off.",
    401: "An API key is needed.",
    404: "There is no such version, alias, job or route.",
    405: "The route has no such method.",
    408: "The body took too long.",
    409: "The state of things does not allow it.",
    413: "Too many bytes, pixels or pictures.",
    415: "A media type that is not in the list.",
    422: "Well-formed, but out of range.",
    429: "Too much is waiting already.",
    503: "Too much is waiting, or no network or store is at hand; try again soon.",
}
