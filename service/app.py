"""The application: the only place that puts the parts together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from model import shipped
from model.predictor import Policy
from model.registry import Registry
from service.batching import Batcher
from service.edge import Edge
from service.feeds import Feeds
from service.keys import Keys
from service.later import Later
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.observation import Observation
from service.pictures import Pictures
from service.records import Records
from service.request_log import RequestLog
from service.routes.straight import handlers_of
from service.services import Services
from service.serving import Serving
from service.settings import Settings
from service.shadow import Shadow
from service.shared_weights import SharedWeights

if TYPE_CHECKING:
    from service.api import Api

FIRST_LOOK = 10.0
"""Seconds that a start waits for the first network before it listens without one."""


class Numeral:
    """The application: the edge, and FastAPI behind it, which is made while the first requests are answered already.

    Args:
        services: what the routes work with.
        keys: who may do more than read.
        request_log: writes lines about requests; None writes none.
        settled: is called when all that a start makes is there.

    Attributes:
        services: as given.
        records: jobs and examples.
        feeds: the events of jobs.
    """

    def __init__(
        self,
        services: Services,
        keys: Keys,
        request_log: RequestLog | None,
        settled: Callable[[], object],
    ) -> None:
        self.services, self._keys, self._settled = services, keys, settled
        self.records = Records(services.settings, services.serving.registry.store)
        self.feeds = Feeds(self.records)
        self._hot = handlers_of(services)
        self._behind = Later(self._make_api)
        self._edge = Edge(self._behind, self._hot, services, keys, request_log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live from the server's start to its end."""
        if scope["type"] == "http":
            await self._edge(scope, receive, send)
        elif scope["type"] == "lifespan":
            await receive()
            async with self.running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            raise RuntimeError(f"expected requests of HTTP, got {scope['type']}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the background threads; inside, there is a network, or none that can be loaded."""
        services = self.services
        try:
            services.serving.start()
            services.shadow.start()
            self._keys.start()
            await asyncio.to_thread(services.serving.looked.wait, FIRST_LOOK)
            self._behind.begin()
            yield
        finally:
            self._edge.tell()
            self._keys.stop()
            services.serving.stop()
            services.shadow.stop()
            self.close()

    def close(self) -> None:
        """Let go of threads and of the database."""
        self.services.pictures.close()
        self.records.close()

    @property
    def api(self) -> "Api":
        """What answers beside the straight way; made now, if it is not there yet."""
        return self._behind.app()

    def _make_api(self) -> "Api":
        lifecycle = self.services.lifecycle
        try:
            from service.api import api_of

            api = api_of(self.services, self.records, self.feeds, self._hot, keys_needed=self._keys.needed)
        except BaseException:
            lifecycle.incomplete = True
            raise
        lifecycle.incomplete = False
        if self.services.settings.no_worker:  # a worker says itself what is wrong with the database
            self.records.look()
        self._settled()
        return api


def create_app(
    settings: Settings,
    *,
    counted: Metrics | None = None,
    weights: SharedWeights | None = None,
    write_log: Callable[[bytes], None] | None = None,
    settled: Callable[[], object] = lambda: None,
) -> Numeral:
    """Return the application.

    Args:
        settings: what it does not know by itself.
        counted: counters that several processes share; without them it counts alone.
        weights: memory for networks that several processes share; without it the networks are its own.
        write_log: where the lines about requests go; without it there are none.
        settled: is called when all that a start makes is there; a part of it is made while requests are answered.

    Raises:
        StoreUnavailable: the URL of the store is not one of a store, or its folder cannot be made.
        ConfigInvalid: the file of API keys cannot be read.
    """
    services = _services(settings, counted or Metrics(), weights)
    request_log = None
    if write_log is not None and settings.log_requests:
        request_log = RequestLog(write_log, as_json=settings.log_format == "json")
    return Numeral(services, Keys(settings.api_keys_file), request_log, settled)


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
