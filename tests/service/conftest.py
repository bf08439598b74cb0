"""The real application to test with, on a home of its own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from model.artifact import encode_weights
from model.calibration import Calibration
from model.network import Network
from model.publication import make_manifest
from model.registry import Registry
from service.app import Numeral, create_app
from service.settings import Settings


def publish_tiny(registry: Registry, seed: int) -> str:
    """Publish a small network with random weights, another one for each seed, and return its version."""
    network = Network.create((16,), "relu", np.random.default_rng(seed))
    manifest = make_manifest(
        network, Calibration(), training={"seed": seed}, metrics={"validation_error": 0.9}
    )
    return registry.publish(manifest, encode_weights(network), {}, f"tiny-{seed}")


def client_of(app: Numeral) -> httpx.AsyncClient:
    """A client that calls the application without a server between."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://numeral")


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Numeral]:
    """An application with its background threads, ready."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
def shipped_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Numeral]:
    """The application with the shipped network, for tests that change nothing."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("shipped")))
    app.state.services.serving.refresh()
    yield app
    app.state.services.pictures.close()


@pytest.fixture
async def client(shipped_app: Numeral) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the shipped network."""
    async with client_of(shipped_app) as client:
        yield client


@pytest.fixture
def tiny_app(tmp_path: Path) -> Iterator[Numeral]:
    """An application with two small networks: version 1 in production, version 2 not."""
    settings = Settings(home=tmp_path)
    registry = Registry.open(settings.store)
    for seed in (1, 2):
        publish_tiny(registry, seed)
    registry.set_alias("production", "1", "a test")
    registry.set_alias("untrained", "1", "a test")
    app = create_app(settings)
    app.state.services.serving.refresh()
    yield app
    app.state.services.pictures.close()


@pytest.fixture
async def tiny_client(tiny_app: Numeral) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the small networks."""
    async with client_of(tiny_app) as client:
        yield client
