"""Stroke width: a blend of each digit with its 3x3 dilation or erosion."""

import numpy as np
from numpy.typing import NDArray

from model.arrays import Bytes
from model.augmentation.settings import AugmentationSettings
from model.augmentation.warp import ONE, PAD, PADDED, Fixed
from model.form import SIDE


class Thickness:
    """Lays blocks of at most `size` digits on their paper with a new stroke width; one thread at a time."""

    def __init__(self, settings: AugmentationSettings, size: int) -> None:
        self.settings = settings
        self.paper = np.zeros((size, PADDED, PADDED), np.uint8)
        self.grown = np.zeros_like(self.paper)
        self.extreme = np.zeros_like(self.paper)
        self.change = np.empty((size, PADDED * PADDED), np.uint16)
        self.out = np.empty((size, PADDED * PADDED), np.uint16)

    def apply(self, digits: Bytes, rng: np.random.Generator) -> Fixed:
        """Return (n, 1024) grey values 0 to 255, digits on 32x32 paper; valid until the next call.

        Args:
            digits: (n, 784) uint8.
            rng: where the widths are drawn from.
        """
        n = len(digits)
        paper, out = self.paper[:n], self.out[:n]
        paper[:, PAD:-PAD, PAD:-PAD] = digits.reshape(n, SIDE, SIDE)
        np.copyto(out, paper.reshape(n, -1))
        if self.settings.thinner or self.settings.thicker:
            self._blend(paper, rng.uniform(-1.0, 1.0, n), out)
        return out

    def _blend(self, paper: Bytes, width: NDArray[np.float64], out: Fixed) -> None:
        """Move each digit towards the dilated one where width > 0, else towards the eroded one."""
        n = len(paper)
        bold = width > 0
        grown, extreme, change = self.grown[:n], self.extreme[:n], self.change[:n]
        _neighbourhood(np.maximum, paper.reshape(-1), out=grown.reshape(-1))
        _neighbourhood(np.minimum, paper.reshape(-1), out=extreme.reshape(-1))
        extreme[bold] = grown[bold]
        reach = np.where(bold, self.settings.thicker, -self.settings.thinner)
        share = np.rint(width * reach * ONE).astype(np.uint16)[:, None]
        np.copyto(change, extreme.reshape(n, -1))
        change *= share
        out *= np.uint16(ONE) - share
        out += change
        out += np.uint16(ONE // 2)
        out >>= np.uint16(8)


def _neighbourhood(pick: np.ufunc, paper: Bytes, out: Bytes) -> None:
    """Write the largest or smallest of each pixel and its four neighbours.

    The papers lie end to end, so that each step is one long run; their empty borders keep the digits apart.
    """
    pick(paper[1:], paper[:-1], out=out[1:])
    out[0] = paper[0]
    pick(out[:-1], paper[1:], out=out[:-1])
    pick(out[PADDED:], paper[:-PADDED], out=out[PADDED:])
    pick(out[:-PADDED], paper[PADDED:], out=out[:-PADDED])
