"""``/v1``: the protocol that KServe and TensorFlow Serving clients speak: instances in, predictions out."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from service import bodies
from service.errors import ApiError
from service.exchange import Answer, Exchange
from service.pictures import Prepared, in_turns
from service.protocols import compression, documents
from service.results import as_result
from service.routes.explain import LEARNING_RATE, explained_document
from service.routes.v2 import read, version_of
from service.services import Services

MOST_EXPLAINED = 16
"""Instances in one request to explain: each takes a pass forward and back, and a copy of the weights."""


class Instances:
    """Reads and explains the instances of a request."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def predict(self, exchange: Exchange) -> Answer:
        """Answer ``POST /v1/models/digits:predict``."""
        predictor = await version_of(self._services, None)
        prepared = await self._prepared(exchange, self._services.settings.max_batch)
        readings = await self._read(predictor, prepared)
        results = [
            as_result(reading, entry, predictor) for reading, entry in zip(readings, prepared, strict=True)
        ]
        return _json({"predictions": results})

    async def explain(self, exchange: Exchange) -> Answer:
        """Answer ``POST /v1/models/digits:explain``."""
        predictor = await version_of(self._services, None)
        prepared = await self._prepared(exchange, MOST_EXPLAINED)
        readings = await self._read(predictor, prepared)
        explanations = [
            await asyncio.to_thread(
                explained_document, predictor, entry, reading, reading.digit, LEARNING_RATE
            )
            for reading, entry in zip(readings, prepared, strict=True)
        ]
        return _json({"explanations": explanations})

    async def _read(self, predictor: Any, prepared: list[Prepared]) -> Any:
        return (await read(self._services, predictor, None, prepared)).readings

    async def _prepared(self, exchange: Exchange, most: int) -> list[Prepared]:
        settings = self._services.settings
        body = await bodies.receive(exchange, settings.max_batch_bytes, settings.body_seconds)
        body = compression.inflate(body, exchange.header(b"content-encoding"), settings.max_batch_bytes)
        instances = _instances(documents.parse(body, settings.max_batch), most)
        return await in_turns(partial(self._prepare, len(instances)), instances)

    async def _prepare(self, instances: int, number: int, instance: object) -> Prepared:
        with documents.picture(number, instances):
            if isinstance(instance, Mapping):
                return await self._services.pictures.prepare(bodies.Submission(image=_image(instance)))
            return Prepared(bodies.to_pixels(instance), None, None)


def _instances(document: Mapping[str, Any], most: int) -> list[Any]:
    instances = document.get("instances")
    if not isinstance(instances, list) or not instances:
        raise ApiError(400, "expected instances to be a list of at least one, got another value")
    if len(instances) > most:
        raise ApiError(413, f"expected at most {most} instances, got {len(instances)}")
    return instances


def _image(instance: Mapping[str, Any]) -> bytes:
    if instance.keys() != {"b64"}:
        raise ApiError(400, "expected an instance to have one member, b64, got others")
    return bodies.from_base64(instance["b64"])


def _json(document: Mapping[str, Any]) -> Answer:
    return Answer(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))
