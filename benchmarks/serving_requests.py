"""The requests that serving is measured with: MNIST's test digits in every form, as whole HTTP/1.1 messages."""

import io
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model.sources import load_test

Grey = NDArray[np.uint8]

DIGITS = 512
"""Different pictures; a server that remembered answers would not be quicker for it."""

BATCH = 32
_BOUNDARY = "0123456789abcdef"


def digits(count: int = DIGITS) -> list[Grey]:
    """The first test digits, (28, 28) each."""
    return [row.reshape(28, 28).astype(np.uint8) for row in load_test().images[:count]]


def labels(count: int) -> list[int]:
    """What they are."""
    return [int(label) for label in load_test().labels[:count]]


def message(path: str, kind: str, body: bytes, *headers: str) -> bytes:
    """A POST request."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def png(grey: Grey) -> bytes:
    """A PNG file."""
    return _file(Image.fromarray(grey), "PNG")


def _file(image: Image.Image, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def photo(grey: Grey, width: int, height: int) -> bytes:
    """A JPEG of dark ink on a page of this size, as a scanner or a phone would make it."""
    side = 3 * min(width, height) // 5
    page = Image.new("L", (width, height), 235)
    page.paste(
        ImageOps.invert(Image.fromarray(grey)).resize((side, side)),
        ((width - side) // 2, (height - side) // 2),
    )
    return _file(page.convert("RGB"), "JPEG", quality=85)


def raw(path: str = "/predict") -> list[bytes]:
    """A PNG file as the body."""
    return [message(path, "image/png", png(grey)) for grey in digits()]


def form(path: str = "/predict", name: str = "file") -> list[bytes]:
    """A PNG file in multipart/form-data."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="digit.png"\r\n'
    head += "Content-Type: image/png\r\n\r\n"
    tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    return [message(path, kind, head.encode() + png(grey) + tail) for grey in digits()]


def pixels() -> list[bytes]:
    """784 numbers in JSON."""
    return [message("/predict", "application/json", _json({"pixels": _numbers(grey)})) for grey in digits()]


def base64() -> list[bytes]:
    """A PNG file as base64 in JSON."""
    bodies = (_json({"image": b64encode(png(grey)).decode()}) for grey in digits())
    return [message("/predict", "application/json", body) for body in bodies]


def photos(width: int, height: int, count: int) -> list[bytes]:
    """JPEG files of this size as the body."""
    return [message("/predict", "image/jpeg", photo(grey, width, height)) for grey in digits(count)]


def v2_json(path: str, batch: int) -> list[bytes]:
    """Pictures of the Open Inference Protocol in JSON."""
    return [message(path, "application/json", _json(_tensor(group, batch))) for group in _groups(batch)]


def v2_binary(path: str, batch: int, output: str | None = None) -> list[bytes]:
    """Pictures of the Open Inference Protocol as bytes behind the JSON, answered likewise."""
    found = []
    for group in _groups(batch):
        document, data = _tensor(group, batch), b"".join(grey.tobytes() for grey in group)
        document["inputs"][0].pop("data")
        document["inputs"][0]["parameters"] = {"binary_data_size": len(data)}
        document["parameters"] = {"binary_data_output": True}
        if output is not None:
            document["outputs"] = [{"name": output, "parameters": {"binary_data": True}}]
        head = _json(document)
        length = f"Inference-Header-Content-Length: {len(head)}"
        found.append(message(path, "application/octet-stream", head + data, length))
    return found


def _groups(batch: int) -> list[list[Grey]]:
    every = digits()
    return [every[start : start + batch] for start in range(0, len(every), batch)]


def _tensor(group: Sequence[Grey], batch: int) -> dict[str, Any]:
    data = [number for grey in group for number in _numbers(grey)]
    return {"inputs": [{"name": "pixels", "shape": [batch, 784], "datatype": "UINT8", "data": data}]}


def _numbers(grey: Grey) -> list[int]:
    numbers: list[int] = grey.reshape(-1).tolist()
    return numbers


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def digit_of(body: bytes) -> int:
    """The digit in an answer of ``/predict``, and of most peers."""
    return int(json.loads(body)["digit"])


def digit_of_v2(body: bytes) -> int:
    """The first digit in an answer of the Open Inference Protocol, in JSON."""
    outputs = {output["name"]: output["data"] for output in json.loads(body)["outputs"]}
    return int(np.argmax(outputs["activations"][:10]))


def digit_of_binary(body: bytes) -> int:
    """The digit in an answer that ends with ten floats."""
    return int(np.frombuffer(body[-40:], "<f4").argmax())


def write(requests: Sequence[bytes], file: Path) -> Path:
    """Write requests for the load generator, each behind a line with its length."""
    file.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
    return file


Maker = Callable[[], list[bytes]]
