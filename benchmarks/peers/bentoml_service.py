"""BentoML with a picture as input."""

from typing import Any

import bentoml
from network import Network, as_answer, as_pixels
from PIL.Image import Image


@bentoml.service(traffic={"timeout": 60})
class Digits:
    """Reads digits."""

    def __init__(self) -> None:
        self.network = Network()

    @bentoml.api
    def predict(self, image: Image) -> dict[str, Any]:
        """Read one picture."""
        return as_answer(self.network(as_pixels(image)))
