"""``numeral predict``: read pictures, in this process or by asking a server."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.output import HomeOption, JsonOption, plain_errors, say, say_json

STANDARD_INPUT = Path("-")
TIMEOUT = 30.0
"""Seconds to wait for a server."""


def predict(
    images: Annotated[list[Path], typer.Argument(help="Pictures of one digit each; - is standard input.")],
    url: Annotated[str | None, typer.Option(help="Ask this server instead of reading here.")] = None,
    version: Annotated[str, typer.Option(help="A version or alias.")] = "production",
    api_key: Annotated[
        str | None, typer.Option(envvar="NUMERAL_API_KEY", help="For a server that wants one.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the digit in each picture; exit status 1 if one could not be read."""
    with plain_errors(as_json=as_json):
        read = _asking(url, version, api_key) if url else _reading(home, version)
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

    registry = open_registry(home)
    predictor = Predictor(registry.load(registry.resolve(version)))

    def read(data: bytes) -> dict[str, Any]:
        found = normalise(decode(data).grey)
        reading = predictor.read(found.pixels.reshape(1, -1), [found])[0]
        return {
            "digit": reading.digit,
            "confidence": reading.confidence,
            "activations": [float(a) for a in reading.activations],
            "abstained": reading.abstained,
            "reason": reading.reason,
            "model": {"version": predictor.version, "digest": predictor.digest},
        }

    return read


def _asking(url: str, version: str, api_key: str | None) -> Callable[[bytes], dict[str, Any]]:
    """Return a function that has a server read a picture."""
    import httpx

    kind = "version" if version.isdecimal() else "alias"
    headers = {"Content-Type": "application/octet-stream", **({"X-API-Key": api_key} if api_key else {})}
    client = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT)

    def read(data: bytes) -> dict[str, Any]:
        try:
            response = client.post("/predict", params={kind: version}, content=data)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            return {"error": f"expected an answer from the server: {type(error).__name__}"}
        if not isinstance(answer, dict):
            return {"error": "expected an object from the server"}
        return answer if response.is_success else {"error": str(answer.get("error", response.reason_phrase))}

    return read


def _line(result: dict[str, Any]) -> str:
    if "error" in result:
        return f"{result['image']}: {result['error']}"
    doubt = f"  abstained: {result['reason']}" if result["abstained"] else ""
    return f"{result['image']}: {result['digit']}  confidence {result['confidence']:.4f}{doubt}"
