"""``POST /predict`` and ``POST /predict/batch``."""

import asyncio
from time import perf_counter
from typing import Any

import orjson

from model.predictor import Predictor
from service import bodies
from service.errors import ApiError, as_api_error
from service.exchange import Answer, Exchange
from service.options import options_of
from service.pictures import Prepared, in_turns
from service.png import data_url
from service.results import as_result
from service.services import Services


class Predict:
    """Reads pictures."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def one(self, exchange: Exchange) -> Answer:
        """Answer ``POST /predict``."""
        services, settings = self._services, self._services.settings
        options = options_of(exchange)
        predictor = await predictor_of(services, options.name)
        bodies.require_plain(exchange)
        body = await bodies.receive(exchange, settings.max_body_bytes, settings.body_seconds)
        received = perf_counter()
        submission = bodies.parse(body, exchange.header(b"content-type"))
        parsed = perf_counter()
        reading, waited, taken, prepared = await services.batcher.submit(predictor, submission)
        encoding = perf_counter()
        result = as_result(options.judged(reading, predictor), prepared, predictor)
        if options.include:
            add_included(result, options.include, prepared, predictor)
        answer = Answer(orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY))
        exchange.seconds[:] = (
            received - exchange.began,
            parsed - received + prepared.decode,
            prepared.normalise,
            prepared.waited + waited,
            taken,
            perf_counter() - encoding,
        )
        return answer

    async def batch(self, exchange: Exchange) -> Answer:
        """Answer ``POST /predict/batch``."""
        services, settings = self._services, self._services.settings
        options = options_of(exchange)
        predictor = await predictor_of(services, options.name)
        bodies.require_plain(exchange)
        body = await bodies.receive(exchange, settings.max_batch_bytes, settings.body_seconds)
        images = bodies.parse_batch(body, exchange.header(b"content-type"), settings.max_batch)
        prepared = await in_turns(self._prepare, images)
        good = [entry for entry in prepared if isinstance(entry, Prepared)]
        readings = iter((await services.batcher.read_all(predictor, good)).readings)
        results: list[dict[str, Any]] = []
        for entry in prepared:
            if isinstance(entry, ApiError):
                results.append({"error": entry.message})
                continue
            reading = next(readings)
            result = as_result(options.judged(reading, predictor), entry, predictor)
            if options.include:
                add_included(result, options.include, entry, predictor)
            results.append(result)
        return Answer(orjson.dumps({"predictions": results}, option=orjson.OPT_SERIALIZE_NUMPY))

    async def _prepare(self, _: int, image: bytes | ApiError) -> Prepared | ApiError:
        """Prepare a picture of several, or find its error."""
        if isinstance(image, ApiError):
            return image
        try:
            return await self._services.pictures.prepare(bodies.Submission(image=image))
        except Exception as error:
            known = as_api_error(error)
            if known.status >= 500:
                raise
            return known


async def predictor_of(services: Services, name: str | None) -> Predictor:
    """Return the network to answer with: the current one, or one by version or alias.

    Raises:
        VersionNotFound: there is neither.
        ApiError: 503, no network is loaded yet.
    """
    predictor = services.serving.at_hand(name)
    if predictor is None:
        predictor = await asyncio.to_thread(services.serving.fetch, name or "")
    return predictor


def add_included(
    result: dict[str, Any], include: tuple[str, ...], prepared: Prepared, predictor: Predictor
) -> None:
    """Add what was asked for besides: the 28x28 picture, and every layer's activations."""
    if "image" in include:
        result["image"] = data_url(prepared.pixels)
    if "layers" in include:
        result["layers"] = predictor.layers(prepared.pixels)
