"""``numeral examples``: the corrected pictures that a running service keeps."""

from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from service.cli.output import JsonOption, plain_errors, reason, say, say_json
from service.cli.remote import HERE, KeyOption, Remote, RemoteError, UrlOption

app = typer.Typer(
    help="The corrected pictures that a running service keeps for training.", no_args_is_help=False
)


@app.callback(invoke_without_command=True)
def examples(
    context: typer.Context, url: UrlOption = HERE, api_key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Count the examples; the commands below add and remove them."""
    if context.invoked_subcommand is not None:
        return
    with plain_errors(as_json=as_json):
        counts = Remote(url, api_key).ask("GET", "/examples")
        if as_json:
            say_json(counts)
        else:
            per_label = "  ".join(f"{digit}: {n}" for digit, n in counts["per_label"].items())
            say(f"{counts['total']} examples: {per_label}")


@app.command()
def add(
    label: Annotated[int, typer.Argument(min=0, max=9, help="The digit that the pictures show.")],
    images: Annotated[list[Path], typer.Argument(help="Pictures of that digit.")],
    url: UrlOption = HERE,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep pictures with their true label; exit status 1 if one could not be kept."""
    with plain_errors(as_json=as_json), Remote(url, api_key) as remote:
        failed = False
        for image in images:
            result = _kept(remote, label, image)
            failed |= "error" in result
            if as_json:
                say_json({"image": str(image), **result})
            else:
                say(f"{image}: {result.get('error') or result['id']}")
    if failed:
        raise typer.Exit(1)


def _kept(remote: Remote, label: int, image: Path) -> dict[str, Any]:
    """Keep a picture and return what the service says to it, or why it is not kept."""
    headers = {"Content-Type": "application/octet-stream"}
    try:
        data = image.read_bytes()
        kept: dict[str, Any] = remote.ask(
            "POST", "/examples", params={"label": label}, content=data, headers=headers
        )
    except (OSError, RemoteError) as error:
        return {"error": reason(error)}
    return kept


@app.command("import")
def import_(
    archive: Annotated[Path, typer.Argument(help="A zip archive of LABEL/name.png.")],
    url: UrlOption = HERE,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep all pictures of an archive, however large; their folders are their labels. Exit status 1 if one is refused."""
    with plain_errors(as_json=as_json), Remote(url, api_key) as remote:
        counts = _send(archive.read_bytes(), remote)
        if as_json:
            say_json(counts)
        else:
            say(f"{counts['new']} new, {counts['known']} known, {counts['refused']} refused")
            for refusal in counts["refusals"]:
                say(f"file {refusal['entry']} of the archive: {refusal['error']}")
    if counts["refused"]:
        raise typer.Exit(1)


def _send(archive: bytes, remote: Remote) -> dict[str, Any]:
    """Send an archive in parts that the service takes, and return what became of all of them."""
    from model.errors import DataError
    from service import archives
    from service.errors import ApiError

    counts = dict.fromkeys(("new", "known", "refused"), 0)
    refusals: list[dict[str, Any]] = []
    headers = {"Content-Type": "application/zip"}
    try:
        for part in archives.parts(archive):
            kept = remote.ask("POST", "/examples", content=part.data, headers=headers)
            for name in counts:
                counts[name] += kept[name]
            counts["refused"] += len(part.refused)
            refusals += [{**found, "entry": part.numbers[found["entry"] - 1]} for found in kept["refusals"]]
            refusals += [{"entry": entry.number, "error": entry.error} for entry in part.refused]
    except ApiError as error:
        raise DataError(str(error)) from error
    return {**counts, "refusals": sorted(refusals, key=itemgetter("entry"))}


@app.command()
def export(
    archive: Annotated[Path, typer.Argument(help="The zip archive to write.")],
    url: UrlOption = HERE,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all examples to an archive of LABEL/id.png."""
    with plain_errors(as_json=as_json):
        size = Remote(url, api_key).download("/examples/export", archive)
        if as_json:
            say_json({"archive": str(archive), "size": size})
        else:
            say(f"{archive}: {size} bytes")


@app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(help="The ids of examples.")],
    url: UrlOption = HERE,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget examples, their originals too."""
    remote = Remote(url, api_key)
    with plain_errors(as_json=as_json):
        for example_id in ids:
            remote.ask("DELETE", f"/examples/{quote(example_id, safe='')}")
            if as_json:
                say_json({"deleted": example_id})
