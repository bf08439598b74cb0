"""The command ``numeral``. Each command imports what it needs when it runs, so that ``numeral --help`` is quick."""

from typing import Annotated

import typer

from service.cli import examples, jobs
from service.cli.evaluate import evaluate
from service.cli.models import export, models, promote, rollback
from service.cli.output import say
from service.cli.predict import predict
from service.cli.serve import serve
from service.cli.train import train
from service.cli.worker import worker

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Handwritten digits for other programs.",
)
app.command()(serve)
app.add_typer(jobs.app, name="jobs")
app.add_typer(examples.app, name="examples")
for command in (worker, train, evaluate, predict, models, promote, rollback, export):
    app.command()(command)


def _say_version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"numeral {version('numeral')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Handwritten digits for other programs."""
