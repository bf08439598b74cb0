"""What the routes work with: made once by ``service.app``, found at ``app.services``."""

from dataclasses import dataclass

from service.batching import Batcher
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.pictures import Pictures
from service.serving import Serving
from service.settings import Settings
from service.shadow import Shadow


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one API process."""

    settings: Settings
    serving: Serving
    pictures: Pictures
    batcher: Batcher
    metrics: Metrics
    shadow: Shadow
    lifecycle: Lifecycle

    @property
    def reason_not_ready(self) -> str | None:
        """Why no requests should be sent here, or None."""
        if self.lifecycle.draining:
            return "draining"
        return "incomplete" if self.lifecycle.incomplete else self.serving.reason_not_ready
