"""``POST /explain``: the four steps of back-propagation for one picture."""

import asyncio
import math
from typing import Any

import numpy as np
import orjson

from model import explanation
from model.predictor import Predictor, Reading
from service import bodies
from service.errors import ApiError
from service.exchange import Answer, Exchange
from service.options import agreed, label_of, options_of
from service.pictures import Prepared
from service.results import as_result
from service.routes.predict import predictor_of
from service.services import Services

LEARNING_RATE = 0.1


class Explain:
    """Explains how a network would learn from a picture."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def one(self, exchange: Exchange) -> Answer:
        """Answer ``POST /explain``."""
        services, settings = self._services, self._services.settings
        query = exchange.query("version", "alias", "label", "learning_rate")
        predictor = await predictor_of(services, options_of(exchange, "label", "learning_rate").name)
        bodies.require_plain(exchange)
        body = await bodies.receive(exchange, settings.max_body_bytes, settings.body_seconds)
        submission = bodies.parse(body, exchange.header(b"content-type"), members=("label", "learning_rate"))
        label = label_of(query.get("label"), submission.members.get("label"))
        rate = _learning_rate(query.get("learning_rate"), submission.members.get("learning_rate"))
        reading, _, _, prepared = await services.batcher.submit(predictor, submission)
        label = reading.digit if label is None else label
        document = await asyncio.to_thread(explained_document, predictor, prepared, reading, label, rate)
        return Answer(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))


def explained_document(
    predictor: Predictor, prepared: Prepared, reading: Reading, label: int, rate: float
) -> dict[str, Any]:
    """Return the four steps for one picture, as the API shows them."""
    explained = explanation.explain(predictor.artifact.network, prepared.pixels, label, rate)
    output = explained.layers[0]
    return {
        "prediction": as_result(reading, prepared, predictor),
        "label": explained.label,
        "learning_rate": explained.learning_rate,
        "loss": {"before": explained.loss_before, "after": explained.loss_after},
        "outputs": [
            {
                "digit": digit,
                "current": output.activations[digit],
                "desired": explained.desired[digit],
                "nudge": output.nudges[digit],
            }
            for digit in range(10)
        ],
        "layers": [_layer(layer) for layer in explained.layers],
        "contributions": np.ascontiguousarray(explained.contributions),
    }


def _layer(layer: explanation.LayerStep) -> dict[str, Any]:
    return {
        "name": layer.name,
        "activations": layer.activations,
        "nudges": np.ascontiguousarray(layer.nudges),
        "weight_changes": [
            {"from": change.source, "to": change.target, "weight": change.weight, "change": change.change}
            for change in layer.weight_changes
        ],
    }


def _learning_rate(query: str | None, member: object) -> float:
    """Return the learning rate from the query or the body."""
    message = "expected learning_rate to be a number over 0, at most 10, got another value"
    try:
        given = None if query is None else float(query)
    except ValueError:
        raise ApiError(422, message, field="learning_rate") from None
    if member is not None and type(member) not in (int, float):
        raise ApiError(422, message, field="learning_rate")
    rate = agreed("learning_rate", given, member)
    rate = LEARNING_RATE if rate is None else float(rate)
    if not math.isfinite(rate) or not 0 < rate <= 10:
        raise ApiError(422, message, field="learning_rate")
    return rate
