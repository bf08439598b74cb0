"""The documents that go over HTTP, as OpenAPI shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Digit = Annotated[int, Field(ge=0, le=9)]
Share = Annotated[float, Field(ge=0, le=1)]
Ten = Annotated[list[float], Field(min_length=10, max_length=10)]


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    error: str = Field(description="One sentence: what was expected and what came.")
    field: str | None = Field(None, description="The member or parameter at fault.")


class Health(BaseModel):
    """Whether the process answers, or should get requests, and if not, why not."""

    status: Literal["live", "ready", "not_ready"]
    reason: Literal["draining", "incomplete", "starting", "no_network"] | None = None
    version: str | None = None


class ModelName(BaseModel):
    """The network that answered."""

    version: str
    digest: str = Field(description="SHA-256 of its weights file.")


class Preprocessing(BaseModel):
    """What was done to the picture before the network saw it."""

    version: str
    inverted: bool = Field(description="The ink was darker than its ground.")
    rotated: Literal[0, 90, 180, 270] = Field(description="Degrees clockwise it was turned to stand upright.")
    box: tuple[int, int, int, int] = Field(description="x0, y0, x1, y1 of the digit in the upright picture.")
    source_size: tuple[int, int] = Field(description="Width and height of the picture as it came.")
    components: int = Field(
        ge=0,
        description="How many digit-like shapes stand side by side: 1 for one digit, however broken; more where there are "
        "several, which is answered as not_a_digit; 0 where there is none: blank, a tangle, scattered shapes.",
    )


class Prediction(BaseModel):
    """One picture, read."""

    digit: Digit = Field(description="The digit with the greatest activation.")
    confidence: Share = Field(description="The probability that the digit is right.")
    activations: Ten = Field(description="One for each digit; their sum is 1.")
    abstained: bool = Field(description="The digit is not to be trusted.")
    reason: Literal["blank", "not_a_digit", "ambiguous"] | None
    model: ModelName
    preprocessing: Preprocessing | None = Field(description="null for pixels, which are taken as they are.")
    image: str | None = Field(None, description="With include=image: what the network saw, a PNG data URL.")
    layers: list[list[float]] | None = Field(
        None, description="With include=layers: every layer's activations."
    )


class PictureError(BaseModel):
    """One picture of several that could not be read."""

    error: str


class Predictions(BaseModel):
    """Several pictures, read in the order they came."""

    predictions: list[Prediction | PictureError]


class LossChange(BaseModel):
    """Cross-entropy before the step and after it."""

    before: float
    after: float


class Output(BaseModel):
    """One output neuron: what it says, what it should say, and which way it must go."""

    digit: Digit
    current: float
    desired: float
    nudge: float


class WeightChange(BaseModel):
    """One weight and what the step does to it."""

    model_config = ConfigDict(validate_by_name=True)

    from_: int = Field(alias="from", description="Index of the neuron (or pixel) that the weight leads from.")
    to: int
    weight: float
    change: float


class ExplainedLayer(BaseModel):
    """What the step wants of one layer."""

    name: str
    activations: list[float]
    nudges: list[float]
    weight_changes: list[WeightChange] = Field(description="The strongest, the strongest first.")


class Explanation(BaseModel):
    """The four steps of back-propagation for one picture."""

    prediction: Prediction
    label: Digit
    learning_rate: float
    loss: LossChange
    outputs: list[Output]
    layers: list[ExplainedLayer] = Field(description="From the output layer backwards.")
    contributions: list[float] = Field(description="Each pixel's share of the label's logit.")


class Model(BaseModel):
    """A published version."""

    version: str
    digest: str | None = Field(description="SHA-256 of the weights file.")
    aliases: list[str]
    created_at: str | None
    metrics: dict[str, Any] = Field(description="Errors are fractions of 1.")
    parent: str | None = Field(None, description="The version it went on from.")
    architecture: dict[str, Any] | None = None
    error: str | None = Field(None, description="Why this version cannot serve; null when it can.")


class Models(BaseModel):
    """All published versions, the oldest first."""

    models: list[Model]


class ModelDetail(Model):
    """A published version with everything that is known of it."""

    manifest: dict[str, Any] | None
    card: str | None = Field(description="The model card, Markdown.")


class Aliases(BaseModel):
    """Where every alias points."""

    aliases: dict[str, str]


class Alias(BaseModel):
    """An alias and the version it points to."""

    name: str
    version: str


class AliasTarget(BaseModel):
    """Where an alias shall point."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"version": "1"}]})

    version: str
