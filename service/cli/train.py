"""``numeral train``: data in, a better network out, and something to watch on the way."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.jobs import train_remotely
from service.cli.output import HOME_HELP, JsonOption, plain_errors, say_json, settings_of
from service.cli.remote import KeyOption

if TYPE_CHECKING:
    from model.config import TrainingConfig
    from service.cli.progress import Screen
    from service.offline import OfflineTraining, Outcome

CHECKPOINT_SECONDS = 20.0
"""Training between two checkpoints: what is lost at most if the machine dies. Ctrl-C loses nothing."""

ONLY_HERE = "Only without --remote"
"""The heading of the options that a service does not take."""

INTERRUPTED = 130
"""The exit status of a command that was stopped with Ctrl-C, by custom 128 + SIGINT."""


def _only_here(words: str, default: str) -> Any:
    """Return an option that a service does not take, as typer reads it."""
    return typer.Option(help=words, show_default=default, rich_help_panel=ONLY_HERE)


def train(
    data: Annotated[
        str | None,
        typer.Option(
            help="mnist, a folder LABEL/*.png, an .npz, or an IDX file of images.", show_default="mnist"
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            help="Neurons of each hidden layer; with --start-from, more than it has let it grow.",
            show_default="1000,500",
        ),
    ] = None,
    activation: Annotated[
        str | None, typer.Option(help="sigmoid, tanh, relu, leaky_relu or gelu.", show_default="relu")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training images.", show_default="30")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Pictures in a mini-batch.", show_default="128")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="How far a weight moves along its gradient.", show_default="0.001")
    ] = None,
    optimizer: Annotated[str | None, typer.Option(help="adamw or sgd.", show_default="adamw")] = None,
    schedule: Annotated[
        str | None,
        _only_here("Of the learning rate: constant, cosine or one_cycle.", "cosine"),
    ] = None,
    momentum: Annotated[float | None, _only_here("Of sgd.", "0.9")] = None,
    weight_decay: Annotated[
        float | None,
        _only_here("How fast weights shrink by themselves.", "0.01"),
    ] = None,
    adversarial: Annotated[
        float | None,
        _only_here("How far pictures are changed against the network; 0 leaves them.", "0"),
    ] = None,
    keep_start: Annotated[
        float | None,
        _only_here("Share of the weights of --start-from in those that are published.", "0"),
    ] = None,
    average: Annotated[
        float | None,
        _only_here("Decay of a moving average of the weights; 0 keeps none.", "0"),
    ] = None,
    loss: Annotated[
        str | None,
        _only_here("cross_entropy or squared_error.", "cross_entropy"),
    ] = None,
    label_smoothing: Annotated[
        float | None,
        _only_here("Share of the desired 1 that is spread over all digits.", "0.1"),
    ] = None,
    augmentation: Annotated[
        str | None,
        typer.Option(help="none, mild, standard, release, finish or scans.", show_default="standard"),
    ] = None,
    synthetic: Annotated[
        int | None,
        _only_here("Synthetic digits to learn from besides.", "0"),
    ] = None,
    non_digits: Annotated[
        int | None,
        _only_here("Pictures of no digit to learn from besides.", "0"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Learn from the first N images only.", show_default="all")
    ] = None,
    examples: Annotated[
        bool | None, typer.Option(help="Learn from corrected examples too.", show_default="yes")
    ] = None,
    start_from: Annotated[
        str | None, typer.Option(help="A version or alias to go on from.", show_default="random weights")
    ] = None,
    teachers: Annotated[
        str | None,
        _only_here("Versions, with commas between, whose outputs are learned beside the labels.", "none"),
    ] = None,
    promote: Annotated[
        str | None, typer.Option(help="if_better, always or never.", show_default="if_better")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed gives the same weights.", show_default="1")
    ] = None,
    threads: Annotated[
        int | None,
        _only_here("For matrix products; the last bits of the weights depend on it.", "1"),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A named series of trainings (quick, standard or release). Options you give override it.",
            rich_help_panel=ONLY_HERE,
        ),
    ] = None,
    remote: Annotated[
        str | None, typer.Option(metavar="URL", help="Let this service train, and watch it.")
    ] = None,
    api_key: KeyOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted training.", rich_help_panel=ONLY_HERE)
    ] = False,
    home: Annotated[Path | None, typer.Option(help=HOME_HELP, rich_help_panel=ONLY_HERE)] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a network, publish it as a version, and promote it if it is better."""
    own = {"recipe", "resume", "home", "as_json", "own", "remote", "api_key"}
    given = {name: value for name, value in locals().items() if value is not None and name not in own}
    with plain_errors(as_json=as_json):
        if remote is not None:
            here = {"recipe": recipe, "resume": resume or None, "home": home}
            given |= {name: value for name, value in here.items() if value is not None}
            train_remotely(_asked(given), remote, api_key, as_json=as_json)
            return
        anything = resume and not given and recipe is None
        stages = None if anything else stages_of(given, recipe)
        training: OfflineTraining | None = _training(stages, recipe, home, resume=resume)
        while training is not None:
            training = _run(training, home, as_json=as_json)


def stages_of(given: dict[str, Any], recipe: str | None) -> "list[TrainingConfig]":
    """Return the trainings that the options mean; those that were given override the recipe's.

    What a training starts with, its network and the version it goes on from, and who teaches it, is said to the first
    alone; the others then keep that network.
    """
    from model.config import TrainingConfig
    from model.errors import ConfigInvalid
    from model.recipes import RECIPES

    if recipe is not None and recipe not in RECIPES:
        raise ConfigInvalid("recipe", f"expected one of {', '.join(RECIPES)}")
    first, *following = RECIPES[recipe] if recipe else (TrainingConfig(),)
    start = {
        name: given.pop(name) for name in ("hidden", "activation", "start_from", "teachers") if name in given
    }
    if "hidden" in start or "activation" in start:
        following = [replace(stage, network=None) for stage in following]
    return [_config(first, given | start), *(_config(stage, given) for stage in following)]


def _config(base: "TrainingConfig", given: Mapping[str, Any]) -> "TrainingConfig":
    from model.config import NetworkConfig, TrainingConfig

    given = dict(given)
    network = base.network or NetworkConfig()
    if "hidden" in given:
        network = replace(network, hidden=_sizes(given.pop("hidden")))
    if "activation" in given:
        network = replace(network, activation=given.pop("activation"))
    if "teachers" in given:
        given["teachers"] = [name.strip() for name in given["teachers"].split(",")]
    if network != (base.network or NetworkConfig()):
        given["network"] = asdict(network)
    return TrainingConfig.from_dict({**base.to_dict(), **given})


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the options mean as the body of ``POST /train``; the service knows the rest, and checks.

    Raises:
        ConfigInvalid: one means something to a training here alone.
    """
    from model.errors import ConfigInvalid
    from service.training_schemas import TrainRequest

    network = {name: given.pop(name) for name in ("hidden", "activation") if name in given}
    if "hidden" in network:
        network["hidden"] = _sizes(network["hidden"])
    for name in given:
        if name not in TrainRequest.model_fields:
            raise ConfigInvalid("remote", f"expected no --{name.replace('_', '-')} with it, got one")
    return {**given, **({"network": network} if network else {})}


def _sizes(text: str) -> tuple[int, ...]:
    from model.errors import ConfigInvalid

    try:
        return tuple(int(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise ConfigInvalid(
            "hidden", "expected whole numbers with commas between, such as 1000,500"
        ) from None


def _training(
    stages: "list[TrainingConfig] | None", recipe: str | None, home: Path | None, *, resume: bool
) -> "OfflineTraining":
    """Begin the first of these trainings, or go on with an interrupted one of them; with whichever there is for None."""
    from service.offline import OfflineTraining

    settings = settings_of(home)
    if resume or stages is None:
        return OfflineTraining.resume(settings, stages)
    return OfflineTraining.begin(settings, stages, recipe)


class _Interrupt:
    """Ctrl-C or SIGTERM, noticed between two slices so that the trainer is at rest; a second one acts at once."""

    def __init__(self) -> None:
        self.asked = False

    def _note(self, number: int, _frame: Any) -> None:
        self.asked = True
        signal.signal(number, signal.SIG_DFL)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notice them until the block is left."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._note) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def _run(training: "OfflineTraining", home: Path | None, *, as_json: bool) -> "OfflineTraining | None":
    """Train, publish, and return the training that follows, if there is one."""
    from service.cli.progress import screen_for

    interrupt = _Interrupt()
    with interrupt.watched(), screen_for(training, home, as_json=as_json) as screen:
        if not _train(training, screen, interrupt):
            screen.stopped()
            raise typer.Exit(INTERRUPTED)
        outcome = training.finish()
        screen.finished(outcome)
        if as_json:
            say_json(_result(outcome))
        if interrupt.asked and training.plan.following:  # it came while the version was made
            screen.stopped()
            raise typer.Exit(INTERRUPTED)
    return training.following()


def _train(training: "OfflineTraining", screen: "Screen", interrupt: _Interrupt) -> bool:
    """Train to the end, saving now and then; return False if it was interrupted before."""
    saved = monotonic()
    for progress in training.run():
        screen.report(progress)
        last = progress.fraction == 1
        if last or interrupt.asked or monotonic() - saved > CHECKPOINT_SECONDS:
            training.save()
            saved = monotonic()
        if interrupt.asked and not last:
            return False
    return True


def _result(outcome: "Outcome") -> dict[str, Any]:
    return {
        "result": {
            "version": outcome.version,
            "digest": outcome.digest,
            "validation_error": outcome.metrics["validation_error"],
            "metrics": outcome.metrics,
            "gate": {"promoted": outcome.promoted, "reason": outcome.reason},
        }
    }
