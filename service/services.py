"""What the routes work with: made once by ``service.app``, found at ``app.state.services``."""

from dataclasses import dataclass

from starlette.requests import Request

from service.batching import Batcher
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.pictures import Pictures
from service.serving import Serving
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one API process."""

    settings: Settings
    serving: Serving
    pictures: Pictures
    batcher: Batcher
    metrics: Metrics
    lifecycle: Lifecycle


def services_of(request: Request) -> Services:
    """Return the parts of the application that got this request; a FastAPI dependency."""
    services: Services = request.app.state.services
    return services
