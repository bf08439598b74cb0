"""The documents of ``/v1``, as OpenAPI shows them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from service.schemas import Explanation, Prediction


class Models(BaseModel):
    """The names of the models."""

    models: list[str]


class Model(BaseModel):
    """The model, whether it can answer, and the version that does."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    ready: bool
    model_version_status: list[dict[str, Any]]


class Predictions(BaseModel):
    """One prediction for each instance, in order."""

    predictions: list[Prediction]


class Explanations(BaseModel):
    """One explanation for each instance, in order."""

    explanations: list[Explanation]
