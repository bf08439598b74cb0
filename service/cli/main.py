"""The command ``numeral``. Each command imports what it needs when it runs, so that ``numeral --help`` is quick."""

import typer

from service.cli import examples, jobs
from service.cli.evaluate import evaluate
from service.cli.models import export, models, promote, rollback
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


@app.callback()
def main() -> None:
    """Handwritten digits for other programs."""
