"""A reading as everything of ours shows it: the API, alone and in batches, and the command line."""

from typing import Any

from model.pixels import VERSION as PREPROCESSING
from model.predictor import Predictor, Reading
from service.pictures import Prepared


def as_result(reading: Reading, prepared: Prepared, predictor: Predictor) -> dict[str, Any]:
    """Return a reading as the API shows it."""
    return {
        "digit": reading.digit,
        "confidence": reading.confidence,
        "activations": reading.activations,
        "abstained": reading.reason is not None,
        "reason": reading.reason,
        "model": {"version": predictor.version, "digest": predictor.digest},
        "preprocessing": preprocessing(prepared),
    }


def preprocessing(prepared: Prepared) -> dict[str, Any] | None:
    """Return what was done to a picture, or None when its pixels were taken as they came."""
    picture, found = prepared.picture, prepared.normalised
    if picture is None or found is None:
        return None
    return {
        "version": PREPROCESSING,
        "inverted": found.inverted,
        "rotated": picture.rotated,
        "box": picture.in_source(found.box),
        "source_size": picture.source_size,
        "components": found.components,
    }
