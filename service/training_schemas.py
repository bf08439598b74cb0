"""What ``/train`` takes and gives, as the OpenAPI document shows it. What is legal, ``model.config`` decides."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from model.activations import ACTIVATIONS
from model.config import LAYERS, NEURONS, OPTIMIZERS, PROMOTIONS, WEIGHTS, TrainingConfig
from model.errors import ConfigInvalid
from service.job_states import JobState
from service.numbers import whole

_ANY_LAYERS = 2200
"""So many neurons may every one of the layers have before there are too many weights."""


def _one_of(names: Iterable[str]) -> dict[str, Any]:
    return {"enum": sorted(names)}


def _layers(most: int, neurons: int) -> dict[str, Any]:
    return {"maxItems": most, "items": {"type": "integer", "minimum": 1, "maximum": neurons}}


AUGMENTATIONS = ("none", "standard")


class NetworkRequest(BaseModel):
    """The network to train."""

    model_config = ConfigDict(extra="forbid")

    hidden: list[int] = Field(
        [1000, 500],
        max_length=LAYERS,
        description=f"Neurons of each hidden layer, up to {NEURONS}; at most {WEIGHTS:,} weights in all. Those that no picture"
        " activates in the end are not published.",
        json_schema_extra={"anyOf": [_layers(LAYERS, _ANY_LAYERS), _layers(1, NEURONS)]},
    )
    activation: str = Field("relu", json_schema_extra=_one_of(ACTIVATIONS))


class TrainRequest(BaseModel):
    """What to train; every member may be left out."""

    model_config = ConfigDict(extra="forbid")

    data: Literal["mnist"] = "mnist"
    examples: bool = Field(True, description="Whether to learn from the users' corrected examples too.")
    limit: int | None = Field(None, ge=1, le=1 << 40, description="The first N training images only.")
    network: NetworkRequest | None = Field(
        None,
        description="784-1000-500-10 without it, or with start_from its network; a larger one grows from that.",
    )
    epochs: int = Field(30, ge=1, le=10_000)
    batch_size: int = Field(128, ge=1, le=4096)
    learning_rate: float = Field(0.001, ge=1e-9, le=10)
    optimizer: str = Field("adamw", json_schema_extra={"enum": list(OPTIMIZERS)})
    augmentation: str = Field("standard", json_schema_extra={"enum": list(AUGMENTATIONS)})
    seed: int = Field(1, ge=0, le=(1 << 63) - 1)
    start_from: str | None = Field(
        None, min_length=1, max_length=1000, description="A version or alias to go on from."
    )
    promote: str = Field("if_better", json_schema_extra={"enum": list(PROMOTIONS)})


class Progress(BaseModel):
    """Where a training stands; errors are fractions of 1."""

    epoch: int
    epochs: int
    fraction: float
    loss: float
    validation_error: float | None
    images_per_second: float | None
    seconds_left: float | None


class Gate(BaseModel):
    """Whether the version took over, and why."""

    promoted: bool
    reason: str


class Result(BaseModel):
    """What came of it; ``digest`` is that of the weights file."""

    version: str
    digest: str
    validation_error: float
    gate: Gate


class JobDocument(BaseModel):
    """A training job; times are UTC."""

    id: str
    state: JobState
    created_at: str
    started_at: str | None
    finished_at: str | None
    config: dict[str, Any]
    progress: Progress | None
    result: Result | None
    error: str | None


class JobList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobDocument]


def training_config(asked: dict[str, Any]) -> TrainingConfig:
    """Return the configuration that a request asks for.

    Raises:
        ConfigInvalid: a member is unknown or out of range; ``field`` names it.
    """
    known = TrainRequest.model_fields
    if not asked.keys() <= known.keys():
        raise ConfigInvalid("body", f"expected only {', '.join(known)}; got an unknown member")
    for name, possible in (("data", ("mnist",)), ("augmentation", AUGMENTATIONS)):  # offline there are more
        if name in asked and asked[name] not in possible:
            raise ConfigInvalid(name, f"expected {' or '.join(possible)}, got another value")
    return TrainingConfig.from_dict(whole(asked))
