"""Draws what neurons of the first hidden layer look for: their weights as pictures, blue for ink, orange for paper.

.venv/bin/python docs/first_layer.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from model.registry import Registry
from model.shipped import seed

COLUMNS, ROWS, SCALE, GAP = 10, 4, 3, 6
BLUE, ORANGE, WHITE = np.array([36, 88, 211]), np.array([173, 65, 15]), np.array([255, 255, 255])
"""The page's colours by day: what pushes up, what holds back, and paper (``service/page/css/base.css``)."""


def tile(weights: "np.ndarray[tuple[int, int], np.dtype[np.float32]]") -> Image.Image:
    """Return a neuron's (28, 28) weights as a picture, the largest in full colour."""
    share = np.clip(weights / np.quantile(np.abs(weights), 0.99), -1, 1)[..., None]
    colour = np.where(share > 0, WHITE + share * (BLUE - WHITE), WHITE - share * (ORANGE - WHITE))
    return Image.fromarray(colour.astype(np.uint8)).resize(
        (28 * SCALE, 28 * SCALE), Image.Resampling.BILINEAR
    )


def main() -> None:
    """Write docs/images/first-layer.png."""
    with TemporaryDirectory() as folder:
        registry = Registry.open(folder)
        seed(registry)
        network = registry.load(registry.resolve("production")).network
    weight = network.layers[0].weight
    busiest = np.argsort(-np.abs(network.layers[1].weight).sum(axis=1))[: COLUMNS * ROWS]
    step = 28 * SCALE + GAP
    sheet = Image.new("RGB", (COLUMNS * step - GAP, ROWS * step - GAP), "white")
    for i, neuron in enumerate(busiest):
        sheet.paste(tile(weight[:, neuron].reshape(28, 28)), (i % COLUMNS * step, i // COLUMNS * step))
    path = Path(__file__).parent / "images" / "first-layer.png"
    path.parent.mkdir(exist_ok=True)
    sheet.save(path, optimize=True)


if __name__ == "__main__":
    main()
