"""``numeral models``, ``promote``, ``rollback`` and ``export``: versions and the names that point to them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.figures import percent
from service.cli.output import HomeOption, JsonOption, plain_errors, say, say_json, settings_of

if TYPE_CHECKING:
    from model.registry import Registry

FOR_FILES = 200
"""Characters a line where no terminal says how many it has: enough to cut nothing off."""

AliasOption = Annotated[str, typer.Option(help="The alias to move.")]


def models(
    version: Annotated[
        str | None, typer.Argument(help="A version or alias; without one, all are listed.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the versions, or show one: its card, or with --json its manifest."""
    with plain_errors(as_json=as_json):
        registry = open_registry(home)
        if version is None:
            _list(registry, as_json=as_json)
        else:
            _show(registry, registry.resolve(version), as_json=as_json)


def promote(
    version: Annotated[str, typer.Argument(help="A version or another alias.")],
    alias: AliasOption = "production",
    reason: Annotated[
        str, typer.Option(help="Kept in the alias's history.")
    ] = "promoted on the command line",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an alias point to a version; services notice within a second."""
    with plain_errors(as_json=as_json):
        registry = open_registry(home)
        name = registry.resolve(version)
        registry.load(name)  # services would refuse a damaged one, and go on with the one before
        move = registry.set_alias(alias, name, reason)
        _say_move(alias, move.version, as_json=as_json)


def rollback(
    alias: AliasOption = "production",
    reason: Annotated[
        str, typer.Option(help="Kept in the alias's history.")
    ] = "rolled back on the command line",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an alias point to where it was before."""
    with plain_errors(as_json=as_json):
        move = open_registry(home).rollback(alias, reason)
        _say_move(alias, move.version, as_json=as_json)


def export(
    version: Annotated[str, typer.Argument(help="A version or alias.")] = "production",
    out: Annotated[Path, typer.Option(help="The folder to write to; made if need be.")] = Path("exported"),
    onnx: Annotated[bool, typer.Option("--onnx", help="Write the network as an ONNX file too.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a version's weights (safetensors), manifest, card and charts to a folder."""
    with plain_errors(as_json=as_json):
        from model import shipped
        from model.card import model_card

        registry = open_registry(home)
        name = registry.resolve(version)
        files = shipped.export(registry, name, out)
        (out / "card.md").write_text(model_card(registry.manifest(name)))
        if onnx:
            from model.onnx_export import encode_onnx

            (out / "network.onnx").write_bytes(encode_onnx(registry.load(name)))
        files = sorted([*files, "card.md", *(["network.onnx"] if onnx else [])])
        if as_json:
            say_json({"version": name, "folder": str(out), "files": files})
        else:
            say(f"version {name} written to {out}: {', '.join(files)}")


def open_registry(home: Path | None) -> "Registry":
    """Return the registry of a home, the shipped networks in it; say so if one of them is new to it."""
    from model.registry import Registry
    from model.shipped import seed

    registry = Registry.open(settings_of(home).store)
    if new := seed(registry):
        sys.stderr.write(
            f"numeral: version {new} is the network of this release; numeral promote {new} serves it\n"
        )
    return registry


def _list(registry: "Registry", *, as_json: bool) -> None:
    aliases = registry.aliases()
    rows = [_row(registry, version, aliases) for version in reversed(registry.versions())]
    if as_json:
        say_json({"models": rows})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("version", "aliases", "network", "validation error", "test error", "made at"):
        table.add_column(name)
    for row in rows:
        table.add_row(*_cells(row))
    Console(width=None if sys.stdout.isatty() else FOR_FILES).print(table)


def _row(registry: "Registry", version: str, aliases: dict[str, str]) -> dict[str, Any]:
    from model.errors import ArtifactCorrupt

    named = [name for name, target in aliases.items() if target == version]
    try:
        manifest = registry.manifest(version)
    except ArtifactCorrupt as error:
        return {"version": version, "aliases": named, "error": str(error)}
    return {
        "version": version,
        "digest": manifest["weights"]["digest"],
        "aliases": named,
        "created_at": manifest["created_at"],
        "architecture": manifest["architecture"],
        "metrics": manifest["metrics"],
    }


def _cells(row: dict[str, Any]) -> list[str]:
    if "error" in row:
        return [row["version"], ", ".join(row["aliases"]), f"broken: {row['error']}", "", "", ""]
    sizes = "-".join(str(size) for size in row["architecture"]["sizes"])
    errors = [row["metrics"].get(name) for name in ("validation_error", "test_error")]
    shown = ["" if error is None else percent(error) for error in errors]
    return [
        row["version"],
        ", ".join(row["aliases"]),
        sizes,
        *shown,
        row["created_at"][:16].replace("T", " "),
    ]


def _show(registry: "Registry", version: str, *, as_json: bool) -> None:
    from model.card import model_card

    manifest = registry.manifest(version)
    if as_json:
        say_json(manifest)
    else:
        say(model_card(manifest))


def _say_move(alias: str, version: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"alias": alias, "version": version})
    else:
        say(f"{alias} points to version {version}")
