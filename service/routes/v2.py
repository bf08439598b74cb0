"""``/v2/models/digits/infer``: inference in the Open Inference Protocol v2."""

from functools import partial
from time import perf_counter

import numpy as np

from model.arrays import Pixels
from model.predictor import Predictor
from service import bodies
from service.batching import Outcomes
from service.errors import ApiError
from service.exchange import Answer, Exchange
from service.pictures import Prepared, in_turns
from service.protocols import compression, documents, v2_answer, v2_request
from service.routes.predict import predictor_of
from service.services import Services


class Infer:
    """Reads pictures that come as tensors."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, exchange: Exchange) -> Answer:
        """Answer ``POST /v2/models/digits/infer``, with or without a version in the path."""
        predictor = await version_of(self._services, exchange.scope.get("path_params", {}).get("version"))
        versions = self._services.metrics.versions
        try:
            answer = await self._answer(exchange, predictor)
        except Exception:
            versions.failed(predictor.version, perf_counter() - exchange.began)
            raise
        versions.inferred(predictor.version, exchange.seconds, perf_counter() - exchange.began)
        return answer

    async def _answer(self, exchange: Exchange, predictor: Predictor) -> Answer:
        services, settings = self._services, self._services.settings
        body = await bodies.receive(
            exchange, settings.max_batch_bytes, settings.body_seconds, partial(self._glance, exchange)
        )
        received = perf_counter()
        body = compression.inflate(body, exchange.header(b"content-encoding"), settings.max_batch_bytes)
        inference = v2_request.parse(body, exchange.header(v2_answer.HEADER_LENGTH), settings.max_batch)
        parsed = perf_counter()
        images = inference.images or []
        prepared = await in_turns(partial(self._prepare, len(images)), images)
        readings, waited, taken = await read(services, predictor, inference.pixels, prepared)
        done = perf_counter()
        answer = v2_answer.encode(inference, predictor.version, readings)
        self._compress(answer, exchange)
        encoded = perf_counter()
        exchange.seconds[:] = (
            received - exchange.began,
            parsed - received + sum(entry.decode for entry in prepared),
            sum(entry.normalise for entry in prepared),
            sum(entry.waited for entry in prepared) + waited,
            taken,
            encoded - done,
        )
        return answer

    def _glance(self, exchange: Exchange, begin: bytes) -> None:
        """Refuse a large request by its head and its first bytes, where they tell; nothing is kept of the rest then."""
        if not compression.glance(begin, exchange.header(b"content-encoding")):
            declared = exchange.header(b"content-length")
            size = int(declared) if declared is not None and declared.isdigit() else None
            v2_request.glance(
                begin, size, exchange.header(v2_answer.HEADER_LENGTH), self._services.settings.max_batch
            )

    async def _prepare(self, images: int, number: int, image: bytes) -> Prepared:
        with documents.picture(number, images):
            return await self._services.pictures.prepare(bodies.Submission(image=image))

    def _compress(self, answer: Answer, exchange: Exchange) -> None:
        accepted = exchange.header(b"accept-encoding")
        answer.body, coding = compression.deflate(answer.body, accepted)
        if coding is not None:
            answer.headers = (*answer.headers, (b"content-encoding", coding), (b"vary", b"accept-encoding"))


async def version_of(services: Services, version: str | None) -> Predictor:
    """Return the network of a version in the path, or the current one without.

    Raises:
        VersionNotFound: there is no such version.
        ApiError: 404, it is no version; 503, no network is loaded yet.
    """
    if version is not None and not (version.isascii() and version.isdigit()):
        raise ApiError(404, "expected a version that exists, got one that does not")
    return await predictor_of(services, version)


async def read(
    services: Services, predictor: Predictor, pixels: Pixels | None, prepared: list[Prepared]
) -> Outcomes:
    """Read (batch, 784) pixels, or pictures that were prepared; a lone one as ``/predict`` reads it, to the bit."""
    normalised = [entry.normalised for entry in prepared]
    if pixels is None:
        pixels = np.stack([entry.pixels for entry in prepared])
    if len(pixels) == 1:
        found = normalised[0] if normalised else None
        reading, waited, taken, _ = await services.batcher.read(predictor, pixels[0], found)
        return Outcomes([reading], waited, taken)
    return await services.batcher.read_rows(predictor, pixels, normalised or [None] * len(pixels))
