"""What happens with every picture that was read, whatever route it came by: it is counted, and shown to the shadow."""

from model.arrays import Pixels
from model.predictor import Predictor, Reading
from service.metrics import Metrics
from service.shadow import Shadow


class Observation:
    """Sees every forward pass; belongs to the event loop."""

    def __init__(self, metrics: Metrics, shadow: Shadow) -> None:
        self._metrics, self._shadow = metrics, shadow

    def __call__(self, predictor: Predictor, pixels: Pixels, readings: list[Reading]) -> None:
        """Take note of one pass.

        Args:
            predictor: that read.
            pixels: (batch, 784) as it saw them.
            readings: one for each.
        """
        self._metrics.passed(predictor.version, pixels, readings)
        self._shadow.offer(predictor, pixels, [reading.digit for reading in readings])
