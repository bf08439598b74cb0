"""Test digits in every form that a client may send them in."""

import io
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from model.sources import load_test

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Body:
    """A body and its media type."""

    data: bytes
    kind: str


def digits(count: int) -> list[Grey]:
    """The first test digits, (28, 28) each."""
    return [row.reshape(28, 28) for row in load_test().images[:count]]


def encoded(grey: Grey, form: str, **options: object) -> bytes:
    """A picture file."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, form, **options)
    return file.getvalue()


def png(grey: Grey) -> bytes:
    """A PNG file."""
    return encoded(grey, "PNG")


def multipart(*files: bytes, boundary: str = "a-boundary") -> Body:
    """A form with these files."""
    head = (
        'Content-Disposition: form-data; name="file"; filename="digit.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    parts = [f"--{boundary}\r\n{head}".encode() + file + b"\r\n" for file in files]
    return Body(b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


def as_json(**members: object) -> Body:
    """A JSON body."""
    return Body(orjson.dumps(members), "application/json")


def _data_url(grey: Grey) -> str:
    return "data:image/png;base64," + b64encode(png(grey)).decode()


LOSSLESS: dict[str, Callable[[Grey], Body]] = {
    "png": lambda grey: Body(png(grey), "image/png"),
    "bmp": lambda grey: Body(encoded(grey, "BMP"), "image/bmp"),
    "gif": lambda grey: Body(encoded(grey, "GIF"), "image/gif"),
    "tiff": lambda grey: Body(encoded(grey, "TIFF"), "image/tiff"),
    "webp": lambda grey: Body(encoded(grey, "WEBP", lossless=True), "image/webp"),
    "octet-stream": lambda grey: Body(png(grey), "application/octet-stream"),
    "multipart": lambda grey: multipart(png(grey)),
    "base64": lambda grey: as_json(image=b64encode(png(grey)).decode()),
    "data-url": lambda grey: as_json(image=_data_url(grey)),
    "rows": lambda grey: as_json(pixels=grey.tolist()),
    "flat": lambda grey: as_json(pixels=grey.reshape(-1).tolist()),
    "floats": lambda grey: as_json(pixels=grey.astype(float).tolist()),
}
"""Ways of sending a picture that keep every grey value."""
