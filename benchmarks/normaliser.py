"""How many digits are read after the normaliser, by kind of picture, and what it costs.

.venv/bin/python -m benchmarks.normaliser [digits of each kind, default 100]

Digits are MNIST's training digits: nothing is learned from these pictures, and MNIST's test digits stay unseen.
"""

import io
import sys
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.corruptions import CORRUPTIONS
from benchmarks.synthetic import KINDS, Grey, Kind, inked, noise, pen, placed, to_bytes, uneven
from model.images import decode
from model.network import Network
from model.pixels import normalise
from model.registry import Registry
from model.shipped import seed
from model.sources import load

ROUNDS = 7


def shipped_network() -> Network:
    with TemporaryDirectory() as folder:
        registry = Registry.open(folder)
        seed(registry)
        return registry.load(registry.resolve("production")).network


def accuracy(kind: Kind, digits: Grey, labels: NDArray[np.uint8], network: Network) -> float:
    """Percent read right when each digit is drawn by the kind and normalised."""
    rng = np.random.default_rng(1)
    seen = [normalise(kind(digit, rng)).pixels.ravel() for digit in digits]
    read = network.forward(np.array(seen).astype(np.float32) / np.float32(255)).argmax(axis=1)
    return float(100 * np.mean(read == labels))


def shown(
    title: str, kinds: dict[str, Kind], digits: Grey, labels: NDArray[np.uint8], network: Network
) -> None:
    results = {name: accuracy(kind, digits, labels, network) for name, kind in kinds.items()}
    print(f"{title}: mean {np.mean(list(results.values())):.2f} %")
    for name, percent in results.items():
        print(f"  {name:16s} {percent:6.1f} %")


def cost(run: Callable[[], object], times: int) -> float:
    """Microseconds of processor time, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            run()
        best = min(best, (time.process_time() - start) / times)
    return best * 1e6


def twelve_megapixels(digit: Grey) -> bytes:
    """A phone's photo of a digit on paper."""
    rng = np.random.default_rng(3)
    sheet = np.pad(pen(digit, 1500), ((600, 3000), (900, 4000)))[:3000, :4000]
    scene = inked(sheet, 0.8, 0.2) * uneven(rng, 3000, 4000, 0.4) + 0.02 * rng.normal(size=sheet.shape)
    buffer = io.BytesIO()
    Image.fromarray(to_bytes(scene)).convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def costs(digit: Grey) -> None:
    rng = np.random.default_rng(2)
    sheet = placed(pen(digit, 250), rng, (0.2, 0.5))
    middle = to_bytes(inked(sheet, 0.8 + 0.04 * noise(rng, sheet.shape[0], sheet.shape[1], 2), 0.3))
    middle = np.asarray(Image.fromarray(middle).resize((400, 400)))
    photo = twelve_megapixels(digit)
    shifted, noisy = (
        np.roll(digit, 2, axis=0),
        np.maximum(digit, rng.integers(0, 60, (28, 28), dtype=np.uint8)),
    )
    print("processor time, best of", ROUNDS)
    for name, run, times in (
        ("28x28 as MNIST made it", lambda: normalise(digit), 2000),
        ("28x28, shifted", lambda: normalise(shifted), 200),
        ("28x28, noisy", lambda: normalise(noisy), 200),
        ("400x400, textured paper", lambda: normalise(middle), 40),
        ("12-megapixel JPEG, decoding included", lambda: normalise(decode(photo).grey), 3),
    ):
        print(f"  {name:38s} {cost(run, times):9.0f} us")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    data = load("mnist")
    chosen = np.random.default_rng(7).choice(len(data.labels), count, replace=False)
    digits, labels = data.images[chosen].reshape(-1, 28, 28), data.labels[chosen]
    network = shipped_network()
    shown("scenes", KINDS, digits, labels, network)
    shown("28x28 pictures spoiled", CORRUPTIONS, digits, labels, network)
    costs(digits[0])


if __name__ == "__main__":
    main()
