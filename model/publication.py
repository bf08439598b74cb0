"""From a finished training to a published version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from model import sources
from model.artifact import encode_weights
from model.calibration import Calibration, honesty_figures
from model.charts import confusion_matrix, learning_curve
from model.config import TrainingConfig
from model.dataset import Split
from model.drift import profile
from model.evaluation import Evaluation, error_interval
from model.honesty import answers
from model.manifest import make_manifest
from model.network import Network
from model.registry import Registry
from model.training import Trained

LEARNING_CURVE = "learning-curve.svg"
CONFUSION_MATRIX = "confusion-matrix.svg"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a training came from, for its manifest.

    Attributes:
        config: what was asked.
        data: what was learned from and validated on.
        parent: the version it went on from; None for random weights.
        examples: how many examples given by users were learned from.
        recipe: the name of the recipe, if it followed one.
        stage: its place in the recipe, from 1; the manifest of a later one tells of those before it.
    """

    config: TrainingConfig
    data: Split
    parent: str | None = None
    examples: int = 0
    recipe: str | None = None
    stage: int = 1


def publish(registry: Registry, trained: Trained, origin: Origin, token: str) -> str:
    """Publish a trained network and return its version; with the same token again, the same version.

    Raises:
        StoreUnavailable: the store could not be reached or has no room; nothing is listed then.
        ArtifactCorrupt: what was written does not read back as it should.
    """
    earlier, line = _earlier(registry, origin), _line(registry, origin)
    data = "mnist" if origin.config.data == "mnist" else "own"  # a path is nobody's business
    history = [[report.loss, report.validation_error] for report in trained.history]
    manifest = make_manifest(
        trained.network,
        trained.calibration,
        training={
            "config": replace(origin.config, data=data).to_dict(),
            "seed": origin.config.seed,
            "recipe": origin.recipe,
            "stage": origin.stage,
            "line": line,
            "earlier": earlier,
            "images": len(origin.data.training),
            "examples": origin.examples,
            "epochs": len(trained.history),
            "revisions": list(trained.revisions),
            "profile": profile(origin.data.training.images, origin.data.training.labels),
            "history": history,
        },
        metrics=trained.metrics() | test_metrics(trained.network, trained.calibration, origin.config.data),
    )
    manifest["parent"] = origin.parent
    manifest["data"] = {
        "name": data,
        "training_digest": origin.data.training.digest,
        "validation_digest": origin.data.validation.digest,
    }
    for training in reversed(earlier):
        if training["stage"] in line:
            history = training["history"] + history
    files = charts(history, trained.evaluation)
    return registry.publish(
        manifest, encode_weights(trained.network, trained.calibration.detector), files, token
    )


def _earlier(registry: Registry, origin: Origin) -> list[dict[str, Any]]:
    """Return the configurations and histories of the trainings of the same recipe that led to this, oldest first."""
    if origin.stage == 1:
        return []
    led: dict[int, dict[str, Any]] = {}
    for name in (origin.parent, *origin.config.teachers):
        if name is not None:
            training = registry.manifest(name)["training"]
            for place, before in enumerate((*training["earlier"], training), 1):
                number = before.get("stage", place)
                kept = {key: before[key] for key in ("config", "epochs", "history")}
                led[number] = {"stage": number} | kept
    return [led[number] for number in sorted(led)]


def _line(registry: Registry, origin: Origin) -> list[int]:
    """Return the stages that this network itself went through, its own last; its teachers have learned in others."""
    if origin.stage == 1 or origin.parent is None:
        return [origin.stage]
    training = registry.manifest(origin.parent)["training"]
    before = training.get("line") or list(range(1, len(training["earlier"]) + 2))
    return [*before, origin.stage]


def test_metrics(network: Network, calibration: Calibration, data: str) -> dict[str, Any]:
    """Return the final figures, on MNIST's test digits: error, calibration, abstentions; for other data there are none."""
    if data != "mnist":
        return {}
    test = sources.load_test()
    digits, confidence = answers(calibration, network, test.images)
    right = digits == test.labels
    wrong = int((~right).sum())
    low, high = error_interval(wrong, len(test))
    figures = honesty_figures(confidence, right, confidence >= calibration.least_confidence)
    return {
        "test_images": len(test),
        "test_error": wrong / len(test),
        "test_error_interval": [round(low, 6), round(high, 6)],
        **{f"test_{name}": figure for name, figure in figures.items()},
    }


def charts(history: Sequence[Sequence[float]], evaluation: Evaluation) -> dict[str, bytes]:
    """Return the pictures that are kept beside the weights.

    Args:
        history: loss and validation error of each epoch.
        evaluation: of the network on the validation digits.
    """
    curve = learning_curve([loss for loss, _ in history], [error for _, error in history])
    return {
        LEARNING_CURVE: curve.encode(),
        CONFUSION_MATRIX: confusion_matrix(evaluation.confusion).encode(),
    }
