"""What commands print: plain words for people, JSON for programs, and one sentence when something is wrong."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from service.settings import Settings


def of_the_group(context: typer.Context, option: typer.CallbackParam, value: Any) -> Any:
    """Return the value of an option; where the command was not given it, that of the group before it.

    ``numeral jobs --url URL show ID`` then asks the service that ``numeral jobs show ID --url URL`` asks.
    """
    source = context.get_parameter_source(option.name or "")
    group = context.parent.params if context.parent is not None else {}
    return (
        value if source is not None and source.name == "COMMANDLINE" else group.get(option.name or "", value)
    )


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.", callback=of_the_group)]
HOME_HELP = "Holds everything Numeral writes; NUMERAL_HOME, or else your data folder."
HomeOption = Annotated[Path | None, typer.Option(help=HOME_HELP)]


def say(words: str) -> None:
    """Print a line to standard output."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    say(json.dumps(value))


def settings_of(home: Path | None) -> "Settings":
    """Return the settings, with this home if one was given.

    Raises:
        ConfigInvalid: a NUMERAL_… variable in the environment is out of range.
    """
    from pydantic import ValidationError

    from model.errors import ConfigInvalid
    from service.quick_start import without_plugins

    without_plugins()
    from service.sentences import sentence
    from service.settings import Settings

    try:
        return Settings(home=home) if home else Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigInvalid("_".join(map(str, ("NUMERAL", *first["loc"]))).upper(), sentence(first)) from None


@contextmanager
def plain_errors(*, as_json: bool) -> Iterator[None]:
    """Turn what a person can mend into one sentence on standard error, and exit status 1."""
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:
        message = _sentence(error)
        if message is None:
            raise
        sys.stderr.write(json.dumps({"error": message}) + "\n" if as_json else f"numeral: {message}\n")
        raise typer.Exit(1) from None


def _sentence(error: Exception) -> str | None:
    """Return what a person can mend, or None if the error is a mistake of ours."""
    from model.errors import ModelError

    if isinstance(error, ModelError):
        return str(error)
    if isinstance(error, OSError):
        return reason(error)
    from service.database import unavailable

    problem = unavailable(error)
    return None if problem is None else str(problem)


def reason(error: Exception) -> str:
    """Say what was wrong; of the system's errors what it said, and of which file: errors of libraries may know neither."""
    if not isinstance(error, OSError):
        return str(error)
    said = error.strerror or str(error) or type(error).__name__
    return f"{said}: {error.filename}" if error.filename else said
