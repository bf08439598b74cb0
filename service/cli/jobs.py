"""``numeral jobs``: the training jobs of a running service."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from service.cli.figures import percent, progress_line
from service.cli.output import JsonOption, plain_errors, say, say_json
from service.cli.remote import HERE, KeyOption, Remote, RemoteError, UrlOption

app = typer.Typer(help="The training jobs of a running service.", no_args_is_help=False)

JobArgument = Annotated[str, typer.Argument(help="The id of a job.")]


@app.callback(invoke_without_command=True)
def jobs(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(help="Only those queued, running, succeeded, failed or cancelled.")
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 20,
    url: UrlOption = HERE,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, the newest first; the commands below look at one of them."""
    if context.invoked_subcommand is not None:
        return
    with plain_errors(as_json=as_json):
        asked: dict[str, Any] = {"limit": limit} | ({"state": state} if state else {})
        for job in Remote(url, api_key).ask("GET", "/train", params=asked)["jobs"]:
            _say(job, as_json=as_json)


@app.command()
def show(
    job_id: JobArgument, url: UrlOption = HERE, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Print a job as JSON, with or without --json."""
    with plain_errors(as_json=as_json):
        say_json(Remote(url, api_key).ask("GET", f"/train/{quote(job_id, safe='')}"))


@app.command()
def follow(
    job_id: JobArgument, url: UrlOption = HERE, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Watch a job until it ends; exit status 1 if it did not succeed."""
    with plain_errors(as_json=as_json):
        watch(Remote(url, api_key).follow(job_id), as_json=as_json)


@app.command()
def cancel(
    job_id: JobArgument, url: UrlOption = HERE, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Stop a job; it can be resumed."""
    _tell(Remote(url, api_key), job_id, "cancel", as_json=as_json)


@app.command()
def resume(
    job_id: JobArgument, url: UrlOption = HERE, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Let a cancelled or failed job go on from its last checkpoint."""
    _tell(Remote(url, api_key), job_id, "resume", as_json=as_json)


def _tell(remote: Remote, job_id: str, what: str, *, as_json: bool) -> None:
    with plain_errors(as_json=as_json):
        _say(remote.ask("POST", f"/train/{quote(job_id, safe='')}/{what}"), as_json=as_json)


def _say(job: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(job)
    else:
        say(line_of(job))


def train_remotely(asked: dict[str, Any], url: str, api_key: str | None, *, as_json: bool) -> None:
    """Ask a service for a training and watch it.

    Args:
        asked: the members of ``POST /train``.
        url: of the service.
        api_key: if it wants one.
        as_json: print every event as a line of JSON.

    Raises:
        RemoteError: it refused, or could not be reached.
    """
    remote = Remote(url, api_key)
    job = remote.ask("POST", "/train", json=asked)
    if not as_json:
        there = "" if url == HERE else f" --url {url}"
        say(f"job {job['id']}; Ctrl-C leaves it running, `numeral jobs cancel {job['id']}{there}` stops it")
    watch(remote.follow(job["id"]), as_json=as_json)


def watch(events: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    """Show a job as it changes.

    Raises:
        typer.Exit: with status 1, it did not succeed.
    """
    job: dict[str, Any] | None = None
    bar = not as_json and sys.stdout.isatty()
    for job in events:
        if as_json:
            say_json(job)
        elif bar:
            sys.stdout.write(f"\r\x1b[K{line_of(job)}")
            sys.stdout.flush()
        else:
            say(line_of(job))
    if job is None:
        raise RemoteError("expected the events of a job, got none")
    if not as_json:
        say(("\n" if bar else "") + outcome_of(job))
    if job["state"] != "succeeded":
        raise typer.Exit(1)


def line_of(job: dict[str, Any]) -> str:
    """Return a job in one line."""
    words = [job["id"], job["state"]]
    progress = job["progress"]
    if progress and job["state"] == "running":
        words += [percent(progress["fraction"], 1), progress_line(progress)]
    if job["result"]:
        words.append(f"version {job['result']['version']}")
    if job["error"]:
        words.append(job["error"])
    return "  ".join(words)


def outcome_of(job: dict[str, Any]) -> str:
    """Return what became of a job that has ended."""
    result = job["result"]
    if result is None:
        return job["error"] or f"the job was {job['state']}"
    gate = result["gate"]
    promoted = "promoted to production" if gate["promoted"] else "not promoted"
    return f"version {result['version']}  {result['digest']}\n{promoted}: {gate['reason']}"
