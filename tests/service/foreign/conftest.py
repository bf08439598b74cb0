"""A running service, and what /predict says on it."""

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.service.pictures_of_digits import digits, png
from tests.service.server_process import running_server

GREYS = np.stack(digits(32))
PNGS = [png(grey) for grey in GREYS]


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server with the shipped network answers."""
    with running_server(tmp_path_factory.mktemp("foreign")) as server:
        yield server.url


@pytest.fixture(scope="session")
def predictions(url: str) -> list[dict[str, Any]]:
    """What /predict says to each of the pictures."""
    with httpx.Client(base_url=url, headers={"Content-Type": "image/png"}, timeout=60) as client:
        return [client.post("/predict", content=picture).json() for picture in PNGS]


@pytest.fixture(scope="session")
def activations(predictions: list[dict[str, Any]]) -> NDArray[np.float32]:
    """Their activations, (32, 10)."""
    return np.array([prediction["activations"] for prediction in predictions], np.float32)
