"""The 28x28 picture that the network saw, as a PNG."""

import io
from base64 import b64encode

import numpy as np
from PIL import Image

from model.arrays import Pixels


def encode(pixels: Pixels) -> bytes:
    """Return (784,) pixels, 0 paper to 255 ink, as a grey PNG."""
    picture = np.rint(pixels).astype(np.uint8).reshape(28, 28)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def data_url(pixels: Pixels) -> str:
    """Return the PNG as a data URL."""
    return "data:image/png;base64," + b64encode(encode(pixels)).decode()
