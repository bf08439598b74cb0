"""Stroke width: a blend of each digit with its 3x3 dilation or erosion."""

import numpy as np

from model.arrays import Array, Bytes
from model.augmentation.settings import AugmentationSettings
from model.augmentation.warp import PAD, PADDED, SIDE


class Thickness:
    """Lays blocks of at most `size` digits on their paper with a new stroke width; one thread at a time."""

    def __init__(self, settings: AugmentationSettings, size: int) -> None:
        self.settings = settings
        self.paper = np.zeros((size, PADDED, PADDED), np.uint8)
        self.grown = np.zeros_like(self.paper)
        self.extreme = np.zeros_like(self.paper)
        self.change = np.empty((size, PADDED * PADDED), np.float32)
        self.out = np.empty((size, PADDED * PADDED), np.float32)

    def apply(self, digits: Bytes, rng: np.random.Generator) -> Array:
        """Return (n, 1024) float32 in [0, 1], digits on 32x32 paper; valid until the next call.

        Args:
            digits: (n, 784) uint8.
            rng: where the widths are drawn from.
        """
        n = len(digits)
        paper, out = self.paper[:n], self.out[:n]
        paper[:, PAD:-PAD, PAD:-PAD] = digits.reshape(n, SIDE, SIDE)
        np.multiply(paper.reshape(n, -1), np.float32(1 / 255), out=out)
        if self.settings.thinner or self.settings.thicker:
            width = rng.uniform(-1.0, 1.0, n).astype(np.float32)
            self._blend(paper, width, out)
        return out

    def _blend(self, paper: Bytes, width: Array, out: Array) -> None:
        """Move each digit towards the dilated one where width > 0, else towards the eroded one."""
        n = len(paper)
        bold = width > 0
        grown, extreme, change = self.grown[:n], self.extreme[:n], self.change[:n]
        _neighbourhood(np.maximum, paper.reshape(-1), out=grown.reshape(-1))
        _neighbourhood(np.minimum, paper.reshape(-1), out=extreme.reshape(-1))
        extreme[bold] = grown[bold]
        np.multiply(extreme.reshape(n, -1), np.float32(1 / 255), out=change)
        change -= out
        reach = np.where(bold, self.settings.thicker, -self.settings.thinner).astype(np.float32)
        change *= (width * reach)[:, None]
        out += change


def _neighbourhood(pick: np.ufunc, paper: Bytes, out: Bytes) -> None:
    """Write the largest or smallest of each pixel and its four neighbours.

    The papers lie end to end, so that each step is one long run; their empty borders keep the digits apart.
    """
    out[:] = paper
    for step in (1, PADDED):
        pick(out[step:], paper[:-step], out=out[step:])
        pick(out[:-step], paper[step:], out=out[:-step])
