"""What may stand in the query of a route behind FastAPI: what the straight way allows, each parameter once."""

from starlette.requests import Request

from service.exchange import Exchange


async def only_known(request: Request) -> None:
    """Refuse parameters that the route does not have, and those given twice; a FastAPI dependency.

    Raises:
        ApiError: 422, one is unknown or given twice.
    """
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    Exchange(request.scope, request.receive).query(*known)
