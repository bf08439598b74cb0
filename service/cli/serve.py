"""``numeral serve``: the service."""

import gc
import os
from pathlib import Path
from typing import Annotated

import typer


def serve(
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    home: Annotated[Path | None, typer.Option(help="Holds everything the service writes.")] = None,
    no_worker: Annotated[bool | None, typer.Option("--no-worker", help="Start no training worker.")] = None,
    workers: Annotated[int | None, typer.Option(help="API processes that share the port.")] = None,
) -> None:
    """Start the service; every option is also NUMERAL_… in the environment."""
    # One BLAS thread: the event loop makes the passes, and two threads would only wait for each other's work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imports make a million objects and no garbage: looking for some among them would take a tenth of the start.
    gc.disable()
    from pydantic import ValidationError

    from service.quick_start import spare
    from service.sentences import sentence

    spare()
    from service.server import run
    from service.settings import Settings

    given = {"port": port, "host": host, "home": home, "no_worker": no_worker, "workers": workers}
    try:
        settings = Settings.model_validate(
            {name: value for name, value in given.items() if value is not None}
        )
    except ValidationError as error:
        for found in error.errors():
            typer.echo(f"numeral: {found['loc'][0]}: {sentence(found)}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(run(settings))
