"""The documents of the Open Inference Protocol v2 and of v1, as OpenAPI shows them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from model.registry import ALIAS_PATTERN, VERSION_PATTERN


class ProtocolError(BaseModel):
    """An error of ``/v1`` and ``/v2``."""

    error: str = Field(description="One sentence: what was expected and what came.")


class Live(BaseModel):
    """The process answers."""

    live: bool


class Ready(BaseModel):
    """The server has a network loaded and is not on its way out."""

    ready: bool


class ModelReady(BaseModel):
    """The model can answer."""

    name: str
    ready: bool


class NotReady(ProtocolError):
    """Send no requests here."""

    ready: bool = False


class ServerMetadata(BaseModel):
    """The server and the extensions of the protocol it knows."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(BaseModel):
    """A tensor; -1 in its shape is any number of pictures."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """The model, its versions and its tensors."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ConfigTensor(BaseModel):
    """A tensor in the configuration; its dimensions are without that of the batch."""

    name: str
    data_type: str
    dims: list[int]
    optional: bool = False


class ModelConfig(BaseModel):
    """The model's configuration."""

    name: str
    platform: str
    backend: str
    max_batch_size: int
    version_policy: dict[str, Any]
    input: list[ConfigTensor]
    output: list[ConfigTensor]
    dynamic_batching: dict[str, Any]


class Duration(BaseModel):
    """How often something happened, and how long it took in all."""

    count: int
    ns: int


class InferenceStatistics(BaseModel):
    """Of requests; ``queue``, ``compute_input``, ``compute_infer`` and ``compute_output`` are parts of ``success``."""

    success: Duration
    fail: Duration
    queue: Duration
    compute_input: Duration
    compute_infer: Duration
    compute_output: Duration
    cache_hit: Duration
    cache_miss: Duration


class ModelStatistics(BaseModel):
    """What a version did in all API processes; pictures and forward passes for every route, times for ``/v2``."""

    name: str
    version: str
    last_inference: int = Field(description="Milliseconds since 1970.")
    inference_count: int = Field(description="Pictures.")
    execution_count: int = Field(description="Forward passes.")
    inference_stats: InferenceStatistics
    batch_stats: list[dict[str, Any]]


class Statistics(BaseModel):
    """Statistics by version."""

    model_stats: list[ModelStatistics]


class RepositoryEntry(BaseModel):
    """A version of the model in the repository."""

    name: str
    version: str
    state: Literal["READY", "UNAVAILABLE"]
    reason: str


class Parameters(BaseModel):
    """A body of parameters."""

    parameters: dict[str, Any] = Field(
        default_factory=dict,
        json_schema_extra={
            "properties": {
                "version": {"type": "string", "pattern": f"^{VERSION_PATTERN}$"},
                "alias": {"type": "string", "pattern": f"^{ALIAS_PATTERN}$"},
                "config": {
                    "type": "string",
                    "pattern": r'^(?=\{)\{"(?:version|alias)": ?"[^"]*"',
                    "description": "version and alias as a string of JSON, for clients that can send nothing else.",
                },
            }
        },
    )


class RepositoryIndexRequest(BaseModel):
    """Which entries to list."""

    ready: bool = Field(False, description="Only what can answer.")


class Loaded(BaseModel):
    """Done."""


class OutputTensor(BaseModel):
    """An output: ``data``, or as many bytes behind the JSON as its parameter ``binary_data_size`` says."""

    name: Literal["activations", "digit", "confidence"]
    datatype: Literal["FP32", "INT64"]
    shape: list[int]
    data: list[float] | None = None
    parameters: dict[str, Any] | None = None


class InferenceResponse(BaseModel):
    """The outputs that were asked for."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]
