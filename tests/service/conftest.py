"""The real application to test with, on a home of its own."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import pytest
import sqlalchemy as sa

from model import shipped
from model.artifact import encode_weights
from model.calibration import Calibration
from model.manifest import make_manifest
from model.network import Network
from model.predictor import Predictor
from model.registry import Registry
from service.app import Numeral, create_app
from service.database import open_database
from service.settings import Settings
from tests.service.databases import new_database, running_postgres


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


def current(app: Numeral) -> Predictor:
    """The network that answers."""
    predictor = app.services.serving.current
    assert predictor is not None
    return predictor


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Numeral]:
    """An application with its background threads, ready."""
    app = create_app(settings)
    async with app.running():
        yield app


@contextmanager
def loaded(settings: Settings) -> Iterator[Numeral]:
    """An application without background threads that has loaded its network."""
    app = create_app(settings)
    app.services.serving.refresh()
    try:
        yield app
    finally:
        app.close()


@pytest.fixture(scope="session")
def shipped_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Numeral]:
    """The application with the shipped network, for tests that change nothing."""
    with loaded(Settings(home=tmp_path_factory.mktemp("shipped"))) as app:
        yield app


@pytest.fixture(scope="session")
def shipped_sizes() -> list[int]:
    """Neurons of every layer of the shipped network, inputs first, by its manifest."""
    sizes: list[int] = json.loads((shipped.FOLDER / "manifest.json").read_bytes())["architecture"]["sizes"]
    return sizes


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
    with loaded(settings) as app:
        yield app


@pytest.fixture
async def tiny_client(tiny_app: Numeral) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the small networks."""
    async with client_of(tiny_app) as client:
        yield client


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A Postgres server without databases of ours."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/numeral.sqlite"
    else:
        url = new_database(request.getfixturevalue("postgres"), f"t{uuid4().hex}")
    engine = open_database(url)
    yield engine
    engine.dispose()
