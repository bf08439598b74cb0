"""What a training is asked to do: one frozen value with a legal range for every field."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Final

from model.activations import ACTIVATIONS
from model.augmentation import AUGMENTATIONS
from model.errors import ConfigInvalid
from model.form import PIXELS
from model.losses import LOSSES
from model.schedules import SCHEDULES

OPTIMIZERS = ("adamw", "sgd")
PROMOTIONS = ("if_better", "always", "never")

LAYERS, NEURONS = 10, 8192
"""The most hidden layers and the most neurons in one."""

TEACHERS = 8
"""The most teachers of a training."""

WEIGHTS = 50_000_000
"""The most weights in a network: 200 MB, and four times that while it learns."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The network to train.

    Attributes:
        hidden: neurons of each hidden layer: at most 10 layers of 1 to 8192 neurons.
        activation: of the hidden layers: sigmoid, tanh, relu, leaky_relu or gelu.
    """

    hidden: tuple[int, ...] = (1000, 500)
    activation: str = "relu"

    def __post_init__(self) -> None:
        """Check every field."""
        if len(self.hidden) > LAYERS:
            raise ConfigInvalid("network.hidden", f"expected at most {LAYERS} layers, got {len(self.hidden)}")
        for n in self.hidden:
            _whole("network.hidden", n, 1, NEURONS)
        sizes = (PIXELS, *self.hidden, 10)
        weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
        if weights > WEIGHTS:
            raise ConfigInvalid("network.hidden", f"expected at most {WEIGHTS} weights, got {weights}")
        _one_of("network.activation", self.activation, ACTIVATIONS)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """One training, from data to weights: the same values and seed give the same weight bytes.

    Attributes:
        data: ``mnist`` or the path of a data set.
        examples: whether corrected examples given by users are learned from too.
        limit: the first N training images only, 1 or more; None for all.
        network: None for the network of ``start_from``, or else 784-1000-500-10 with ReLU; with ``start_from`` a larger
            one than its, which grows from it.
        epochs: passes over the training images, 1 to 10,000.
        batch_size: pictures in a mini-batch, 1 to 4096.
        learning_rate: over 0, at most 10.
        optimizer: adamw or sgd.
        augmentation: the name of a preset: how the pictures are varied each time they are seen.
        synthetic: digits made rather than collected that are learned from too, 0 to 1,000,000.
        non_digits: pictures of no digit that are learned from too, 0 to 1,000,000; no digit shall stand out in them.
        seed: 0 to 2^63 - 1.
        start_from: a version or alias to go on from; None starts with random weights. Here and in ``teachers`` the
            trainings of a recipe name each other's networks by ``recipes.stage``.
        promote: if_better, always or never.
        loss: cross_entropy or squared_error.
        label_smoothing: 0 to 0.5.
        schedule: of the learning rate: constant, cosine or one_cycle, each with a warm-up.
        momentum: of sgd, 0 to 0.999.
        weight_decay: 0 to 1, the share of a weight that decays in a step is this times the rate.
        adversarial: how far pictures are changed against the network before it learns from them, the greatest Euclidean
            length of the change, 0 (off) to 10; a digit's own is about 9.
        keep_start: the share of the weights of ``start_from`` in those that are published, 0 to 1: halfway between the
            two networks lies one that has learned the new without forgetting the old.
        teachers: versions or aliases whose output activations, averaged, are learned beside the labels.
        average: decay of the moving average of the weights, 0 (off) to 0.99999; the average is what is published.
        threads: for matrix products, 1 to 64; the last bits of the weights depend on it.
    """

    data: str = "mnist"
    examples: bool = True
    limit: int | None = None
    network: NetworkConfig | None = None
    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 0.001
    optimizer: str = "adamw"
    augmentation: str = "standard"
    synthetic: int = 0
    non_digits: int = 0
    seed: int = 1
    start_from: str | None = None
    teachers: tuple[str, ...] = ()
    promote: str = "if_better"
    loss: str = "cross_entropy"
    label_smoothing: float = 0.1
    schedule: str = "cosine"
    momentum: float = 0.9
    weight_decay: float = 0.01
    adversarial: float = 0.0
    keep_start: float = 0.0
    average: float = 0.0
    threads: int = 1

    def __post_init__(self) -> None:
        """Check every field."""
        _text("data", self.data)
        _flag("examples", self.examples)
        if self.limit is not None:
            _whole("limit", self.limit, 1, 1 << 40)
        if self.start_from is not None:
            _text("start_from", self.start_from)
        _texts("teachers", self.teachers, TEACHERS)
        _whole("epochs", self.epochs, 1, 10_000)
        _whole("threads", self.threads, 1, 64)
        _whole("batch_size", self.batch_size, 1, 4096)
        _whole("synthetic", self.synthetic, 0, 1_000_000)
        _whole("non_digits", self.non_digits, 0, 1_000_000)
        _whole("seed", self.seed, 0, (1 << 63) - 1)
        _number("learning_rate", self.learning_rate, 1e-9, 10)
        _number("label_smoothing", self.label_smoothing, 0, 0.5)
        _number("momentum", self.momentum, 0, 0.999)
        _number("weight_decay", self.weight_decay, 0, 1)
        _number("adversarial", self.adversarial, 0, 10)
        _number("keep_start", self.keep_start, 0, 1)
        _number("average", self.average, 0, 0.99999)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _one_of("augmentation", self.augmentation, AUGMENTATIONS)
        _one_of("promote", self.promote, PROMOTIONS)
        _one_of("loss", self.loss, LOSSES)
        _one_of("schedule", self.schedule, SCHEDULES)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can keep; ``from_dict`` takes them back."""
        values = asdict(self)
        if self.network is not None:
            values["network"]["hidden"] = list(self.network.hidden)
        del values["teachers"]
        if self.teachers:  # what learns from labels alone is written as it was before there were teachers
            values["teachers"] = list(self.teachers)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """Return the configuration that these values describe; a field that is left out has its default.

        Raises:
            ConfigInvalid: a field is unknown or out of range.
        """
        _closed("", values, {f.name for f in fields(cls)})
        plain = {name: value for name, value in values.items() if name not in ("network", "teachers")}
        network, teachers = values.get("network"), values.get("teachers", ())
        if not isinstance(teachers, list | tuple):
            raise ConfigInvalid("teachers", f"expected a list of versions, got {_kind(teachers)}")
        return cls(**plain, network=None if network is None else _network(network), teachers=tuple(teachers))


def _network(values: object) -> NetworkConfig:
    if not isinstance(values, Mapping):
        raise ConfigInvalid("network", f"expected an object with hidden and activation, got {_kind(values)}")
    _closed("network.", values, {"hidden", "activation"})
    hidden = values.get("hidden", NetworkConfig().hidden)
    if not isinstance(hidden, list | tuple):
        raise ConfigInvalid("network.hidden", f"expected a list of whole numbers, got {_kind(hidden)}")
    return NetworkConfig(tuple(hidden), values.get("activation", NetworkConfig().activation))


def _closed(prefix: str, values: Mapping[str, Any], known: set[str]) -> None:
    for name in values:
        if name not in known:
            raise ConfigInvalid(
                prefix + "?", f"expected only {', '.join(sorted(known))}; got an unknown field"
            )


_KINDS: Final = {
    bool: "true or false", dict: "an object", float: "a number", int: "a number", list: "a list", str: "a string",
    type(None): "null",
}  # fmt: skip


def _kind(value: object) -> str:
    """Name what came in the words of JSON, which most configurations come in."""
    return _KINDS.get(type(value), "another value")


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigInvalid(name, f"expected a whole number from {least} to {most}, got {_shown(value)}")


def _number(name: str, value: object, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ConfigInvalid(name, f"expected a number from {least:g} to {most:g}, got {_shown(value)}")


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigInvalid(name, f"expected true or false, got {_kind(value)}")


def _text(name: str, value: object) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= 1000:
        raise ConfigInvalid(name, f"expected 1 to 1000 characters, got {_kind(value)}")


def _texts(name: str, value: object, most: int) -> None:
    if not isinstance(value, tuple) or len(value) > most:
        raise ConfigInvalid(name, f"expected a tuple of at most {most} strings, got {_kind(value)}")
    for text in value:
        _text(name, text)


def _one_of(
    name: str, value: object, names: "Mapping[str, Callable[..., Any]] | Mapping[str, Any] | tuple[str, ...]"
) -> None:
    if not isinstance(value, str) or value not in names:
        raise ConfigInvalid(name, f"expected one of {', '.join(names)}")


def _shown(value: object) -> str:
    """A number as it came; of anything else only its type, so that nothing a client sends is echoed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _kind(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "another"
    return f"{value:g}"
