"""The application: the only place that puts the parts together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from model import shipped
from model.predictor import Policy
from model.registry import Registry
from service import document
from service.batching import Batcher
from service.edge import Edge
from service.error_schemas import problems
from service.feeds import Feeds
from service.handlers import install_error_handlers
from service.keys import Keys
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.observation import Observation
from service.pictures import Pictures
from service.records import Records
from service.request_log import RequestLog
from service.routes import (
    docs,
    examples,
    health,
    metrics,
    models,
    page,
    protocols,
    reading,
    train,
    v2_models,
    v2_repository,
)
from service.services import Services
from service.serving import Serving
from service.settings import Settings
from service.shadow import Shadow
from service.shared_weights import SharedWeights
from service.watching import DriftCollector, JobsCollector

FIRST_LOOK = 10.0
"""Seconds that a start waits for the first network before it listens without one."""


class Numeral(FastAPI):
    """The application, with the edge around it."""

    edge: Edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request at the edge; it hands on what is not on the straight way."""
        if scope["type"] == "http":
            scope["app"] = self
            await self.edge(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = document.openapi(self, keys_needed=self.state.keys.needed)
        return self.openapi_schema

    async def inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by FastAPI alone."""
        await super().__call__(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    counted: Metrics | None = None,
    weights: SharedWeights | None = None,
    write_log: Callable[[bytes], None] | None = None,
) -> Numeral:
    """Return the application.

    Args:
        settings: what it does not know by itself.
        counted: counters that several processes share; without them it counts alone.
        weights: memory for networks that several processes share; without it the networks are its own.
        write_log: where the lines about requests go; without it there are none.

    Raises:
        StoreUnavailable: the URL of the store is not one of a store, or its folder cannot be made.
        ConfigInvalid: the file of API keys cannot be read.
    """
    services = _services(settings, counted or Metrics(), weights)
    app = _described(settings, services)
    reading_router, hot = reading.router_of(services)
    protocols_router, hot_protocols = protocols.router_of(services)
    for router in (
        reading_router,
        models.router,
        train.router,
        examples.router,
        health.router,
        metrics.router,
        protocols_router,
        protocols.meta,
        v2_models.router,
        v2_repository.router,
    ):
        app.include_router(router)
    page.mount(app)
    docs.mount(app)
    install_error_handlers(app)
    request_log = None
    if write_log is not None and settings.log_requests:
        request_log = RequestLog(write_log, as_json=settings.log_format == "json")
    keys = app.state.keys = Keys(settings.api_keys_file)
    app.edge = Edge(app.inside, hot | hot_protocols, services, keys, request_log)
    return app


def _services(settings: Settings, metrics: Metrics, weights: SharedWeights | None) -> Services:
    serving = Serving(
        Registry.open(settings.store),
        every=settings.refresh_seconds,
        policy=Policy(settings.least_confidence, settings.abstain_share),
        swapped=metrics.reloaded,
        place=weights.place if weights is not None else None,
    )
    serving.first(shipped.seed)
    shadow = Shadow(serving, metrics)
    pictures = Pictures(settings.max_pixels, settings.decoders, partial(metrics.queued, "decode"))
    return Services(
        settings=settings,
        serving=serving,
        pictures=pictures,
        metrics=metrics,
        batcher=Batcher(pictures, Observation(metrics, shadow), partial(metrics.queued, "forward")),
        shadow=shadow,
        lifecycle=Lifecycle(),
    )


def _described(settings: Settings, services: Services) -> Numeral:
    app = Numeral(
        title="Numeral",
        summary="Handwritten digits for other programs.",
        description="Send a picture of a handwritten digit; get ten activations, the digit, and an honest confidence.",
        version=version("numeral"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        max_body_size=settings.max_batch_bytes,
        separate_input_output_schemas=False,
        responses={**problems(422, 503)},
        telemetry={"tracing": False},
    )
    app.state.services = services
    records = app.state.records = Records(settings, services.serving.registry.store)
    app.state.feeds = Feeds(records)
    services.metrics.registry.register(DriftCollector(services.serving, services.metrics))
    services.metrics.registry.register(JobsCollector(records))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    services.serving.start()
    services.shadow.start()
    app.state.keys.start()
    await asyncio.to_thread(services.serving.looked.wait, FIRST_LOOK)
    if services.settings.no_worker:  # a worker says itself what is wrong with the database
        app.state.records.look()
    try:
        yield
    finally:
        app.state.keys.stop()
        services.serving.stop()
        services.shadow.stop()
        services.pictures.close()
        app.state.records.close()
