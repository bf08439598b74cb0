"""``numeral predict``: read pictures, in this process or by asking a server."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.output import HomeOption, JsonOption, plain_errors, say, say_json
from service.cli.remote import KeyOption, Remote, RemoteError

STANDARD_INPUT = Path("-")


def predict(
    images: Annotated[list[Path], typer.Argument(help="Pictures of one digit each; - is standard input.")],
    url: Annotated[str | None, typer.Option(help="Ask this server instead of reading here.")] = None,
    version: Annotated[str, typer.Option(help="A version or alias.")] = "production",
    api_key: KeyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the digit in each picture; exit status 1 if one could not be read."""
    with plain_errors(as_json=as_json), ExitStack() as connections:
        if url:
            read = _asking(connections.enter_context(Remote(url, api_key)), version)
        else:
            read = _reading(home, version)
        results = [{"image": str(path), **_result(path, read)} for path in images]
        for result in results:
            if as_json:
                say_json(result)
            else:
                say(_line(result))
    if any("error" in result for result in results):
        raise typer.Exit(1)


def _result(path: Path, read: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    from model.errors import ImageError

    try:
        data = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
        return read(data)
    except ImageError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": error.strerror or type(error).__name__}


def _reading(home: Path | None, version: str) -> Callable[[bytes], dict[str, Any]]:
    """Return a function that reads a picture here."""
    from model.images import decode
    from model.pixels import normalise
    from model.predictor import Predictor
    from service.cli.models import open_registry
    from service.pictures import Prepared
    from service.results import as_result

    registry = open_registry(home)
    predictor = Predictor(registry.load(registry.resolve(version)))

    def read(data: bytes) -> dict[str, Any]:
        picture = decode(data)
        found = normalise(picture.grey)
        prepared = Prepared(found.pixels.reshape(-1), picture, found, 0.0, 0.0)
        reading = predictor.read(prepared.pixels.reshape(1, -1), [found])[0]
        result = as_result(reading, prepared, predictor)
        return result | {"activations": reading.activations.tolist()}

    return read


def _asking(remote: Remote, version: str) -> Callable[[bytes], dict[str, Any]]:
    """Return a function that has a service read a picture."""
    kind = "version" if version.isdecimal() else "alias"

    def read(data: bytes) -> dict[str, Any]:
        headers = {"Content-Type": "application/octet-stream"}
        try:
            answer = remote.ask("POST", "/predict", params={kind: version}, content=data, headers=headers)
        except RemoteError as error:
            return {"error": str(error)}
        return answer if isinstance(answer, dict) else {"error": "expected an object from the service"}

    return read


def _line(result: dict[str, Any]) -> str:
    if "error" in result:
        return f"{result['image']}: {result['error']}"
    doubt = f"  abstained: {result['reason']}" if result["abstained"] else ""
    return f"{result['image']}: {result['digit']}  confidence {result['confidence']:.4f}{doubt}"
