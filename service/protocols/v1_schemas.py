"""The documents of ``/v1``, as OpenAPI shows them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from service.schemas import Explanation, Prediction


class V1Models(BaseModel):
    """The names of the models."""

    models: list[str]


class V1Model(BaseModel):
    """The model, whether it can answer, and the version that does."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    ready: bool
    model_version_status: list[dict[str, Any]]


class V1Predictions(BaseModel):
    """One prediction for each instance, in order."""

    predictions: list[Prediction]


class V1Explanations(BaseModel):
    """One explanation for each instance, in order."""

    explanations: list[Explanation]
