"""The network that every peer serves: the shipped weights in plain NumPy, without calibration, detector or checks.

The file is named by NUMERAL_WEIGHTS. Pictures are only resized, not normalised.
"""

import io
import os
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load_file


class Network:
    """Rectified layers, as many as the file has, and softmax."""

    def __init__(self) -> None:
        tensors = load_file(os.environ["NUMERAL_WEIGHTS"])
        n = sum(name.startswith("layers.") and name.endswith(".weight") for name in tensors)
        self._layers = [(tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]) for i in range(n)]

    def __call__(self, pixels: Any) -> Any:
        """Return (batch, 10) activations of (batch, 784) pixels, 0 to 255."""
        a = pixels.astype(np.float32) / 255
        for weight, bias in self._layers[:-1]:
            a = np.maximum(a @ weight + bias, 0)
        weight, bias = self._layers[-1]
        z = a @ weight + bias
        z = np.exp(z - z.max(axis=1, keepdims=True))
        return z / z.sum(axis=1, keepdims=True)


def decoded(data: bytes) -> Any:
    """Return the (1, 784) pixels of a picture file."""
    return as_pixels(Image.open(io.BytesIO(data)))


def as_pixels(image: Image.Image) -> Any:
    """Return (1, 784) pixels of a picture."""
    return np.asarray(image.convert("L").resize((28, 28))).reshape(1, 784)


def as_answer(activations: Any) -> dict[str, Any]:
    """Return what a client gets for one picture."""
    return {"digit": int(activations[0].argmax()), "activations": activations[0].tolist()}
