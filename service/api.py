"""FastAPI: it describes all routes in the OpenAPI document, and answers those that are not on the straight way."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from service import document, origin
from service.error_schemas import problems
from service.exchange import Handler
from service.exposition import registry_of
from service.feeds import Feeds
from service.handlers import install_error_handlers
from service.records import Records
from service.routes import (
    docs,
    examples,
    models,
    operations,
    page,
    protocols,
    reading,
    train,
    v2_models,
    v2_repository,
)
from service.services import Services


class Api(FastAPI):
    """FastAPI with the OpenAPI document as we want it."""

    keys_needed: bool

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = document.openapi(self, keys_needed=self.keys_needed)
        return self.openapi_schema


def api_of(
    services: Services,
    records: Records,
    feeds: Feeds,
    hot: Mapping[tuple[str, str], Handler],
    *,
    keys_needed: bool,
) -> Api:
    """Return what answers beside the straight way.

    Args:
        services: what the routes work with.
        records: jobs and examples.
        feeds: the events of jobs.
        hot: the routes on the straight way, which are described here too.
        keys_needed: whether requests that do more than read need an API key.
    """
    api = Api(
        title="Numeral",
        summary="Handwritten digits for other programs.",
        description="Send a picture of a handwritten digit; get ten activations, the digit, and an honest confidence.",
        version=version("numeral"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=services.settings.max_batch_bytes,
        separate_input_output_schemas=False,
        responses={**problems(422, 503)},
        telemetry={"tracing": False},
    )
    api.keys_needed = keys_needed
    api.state.services, api.state.records, api.state.feeds = services, records, feeds
    most = services.settings.max_batch
    for router in (
        reading.router_of(hot, most),
        models.router,
        train.router,
        examples.router,
        operations.router_of(hot, registry_of(services.metrics, services.serving, records)),
        protocols.router_of(hot, most),
        protocols.meta,
        v2_models.router,
        v2_repository.router,
    ):
        api.include_router(router)
    if services.settings.origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=services.settings.origins,
            allow_methods=origin.METHODS,
            allow_headers=origin.ASKED,
            expose_headers=origin.TOLD,
            allow_private_network=True,
        )
    page.mount(api)
    docs.mount(api)
    install_error_handlers(api)
    return api
