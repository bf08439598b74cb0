"""Affine and elastic deformation of a block of digits: each digit its own displacement field, sampled bilinearly.

The elastic field of Simard, Steinkraus and Platt (2003), white noise smoothed by a Gaussian, is drawn here directly in
its spectrum: a sum of cosine modes whose amplitudes fall off as the Gaussian's transform does. The affine terms are three
more basis functions, so the whole field is one small matrix product.
"""

from math import pi
from typing import Final

import numpy as np

from model.arrays import Array, Labels
from model.augmentation.settings import AugmentationSettings

SIDE: Final = 28
PIXELS: Final = SIDE * SIDE
PAD: Final = 2
PADDED: Final = SIDE + 2 * PAD
"""Digits lie on 32x32 paper, so that all four neighbours of a sampled point exist."""

MIDDLE: Final = PAD + (SIDE - 1) / 2
"""The centre of the digit on its paper, pixels."""

WIDEST: Final = 1.7
"""How much wider against its height a wide digit may become."""

_CUTOFF: Final = 2.5
"""Modes are kept up to this frequency, in standard deviations of the spectrum; what is left out is under 5 %."""


class Warp:
    """Deforms blocks of at most `size` digits; owns its buffers, so one thread at a time may use it."""

    def __init__(self, settings: AugmentationSettings, size: int) -> None:
        self.settings = settings
        self.modes, self.amplitudes = _elastic_modes(settings.smoothing)
        y, x = np.divmod(np.arange(PIXELS, dtype=np.float32), np.float32(SIDE))
        middle = np.float32(MIDDLE - PAD)
        affine = np.stack([x - middle, y - middle, np.ones_like(x)])
        self.basis = np.concatenate([affine, self.modes]).astype(np.float32)
        self.offsets = (np.arange(size, dtype=np.float32) * np.float32(PADDED * PADDED))[:, None]
        self.coefficients = np.empty((2, size, len(self.basis)), np.float32)
        self.field = np.empty((2, size, PIXELS), np.float32)
        self.floor = np.empty((2, size, PIXELS), np.float32)
        self.index = np.empty((size, PIXELS), np.intp)
        self.corner = np.empty((2, size, PIXELS), np.float32)

    def apply(self, source: Array, labels: Labels | None, rng: np.random.Generator, out: Array) -> None:
        """Write a deformed copy of each digit.

        Args:
            source: (n, 1024) float32, digits on 32x32 paper.
            labels: (n,) or None; needed only where 1 and 7 turn less than the others.
            rng: where the deformations are drawn from.
            out: (n, 784) float32, overwritten.
        """
        n = len(source)
        coefficients = self.coefficients[:, :n]
        self._draw_elastic(rng, coefficients[:, :, 3:])
        self._draw_affine(labels, rng, coefficients[:, :, :3])
        field = self.field[:, :n]
        for axis in range(2):
            np.matmul(coefficients[axis], self.basis, out=field[axis])
        np.clip(field, np.float32(0.5), np.float32(PADDED - 1.5), out=field)
        self._sample(source.reshape(-1), field, out)

    def _draw_elastic(self, rng: np.random.Generator, out: Array) -> None:
        n = out.shape[1]
        draws = rng.standard_normal((2, n, len(self.modes)), dtype=np.float32)
        smoothing = rng.integers(len(self.amplitudes), size=n)
        strength = (self.settings.elastic * rng.uniform(0.5, 1.5, (n, 1))).astype(np.float32)
        amplitude = self.amplitudes[smoothing] * strength
        np.multiply(draws, amplitude, out=out)

    def _draw_affine(self, labels: Labels | None, rng: np.random.Generator, out: Array) -> None:
        """Write the coefficients of A x + t, with A the inverse of rotation after slant after scaling."""
        s = self.settings
        draws = rng.uniform(-1.0, 1.0, (6, out.shape[1]))
        turn = np.full(out.shape[1], s.rotation)
        if s.narrow_rotation is not None and labels is not None:
            turn[(labels == 1) | (labels == 7)] = s.narrow_rotation
        angle = np.deg2rad(turn) * draws[0]
        size = 1 + s.scale * draws[1]
        width = 1 / (size * (1 + s.stretch * draws[2]))
        height = 1 / (size * (1 - s.stretch * draws[2]))
        if s.wide:
            wider = np.where(rng.random(len(width)) < s.wide, rng.uniform(1.0, WIDEST, len(width)), 1.0)
            width *= wider**-0.6  # the rest makes it lower: it still fits
            height *= wider**0.4
        slant = s.shear * draws[3]
        cos, sin = np.cos(angle), np.sin(angle)
        out[0, :, 0] = width * (cos - slant * sin)
        out[0, :, 1] = width * (sin + slant * cos)
        out[0, :, 2] = MIDDLE + s.shift * draws[4]
        out[1, :, 0] = -height * sin
        out[1, :, 1] = height * cos
        out[1, :, 2] = MIDDLE + s.shift * draws[5]

    def _sample(self, paper: Array, points: Array, out: Array) -> None:
        """Write the bilinear value of each digit's paper at its points; `points` becomes the fractions within a pixel."""
        n = len(out)
        floor = np.floor(points, out=self.floor[:, :n])
        x, y = np.subtract(points, floor, out=points)
        column, row = floor
        row *= np.float32(PADDED)
        row += column
        row += self.offsets[:n]
        index = self.index[:n]
        np.copyto(index, row, casting="unsafe")  # exact: below 2^24
        upper, lower = self.corner[:, :n]
        for start, corner in ((0, upper), (PADDED, lower)):
            np.take(paper[start:], index, out=corner, mode="clip")
            np.take(paper[start + 1 :], index, out=column, mode="clip")
            column -= corner
            column *= x
            np.add(corner, column, out=corner)
        lower -= upper
        lower *= y
        np.add(upper, lower, out=out)


def _elastic_modes(smoothing: tuple[float, ...]) -> tuple[Array, Array]:
    """Return cosine modes (modes, 784), and for each smoothing length the amplitudes that give 1 px rms.

    The root mean square is over the 20x20 box in which the digit lies.
    """
    highest = int(_CUTOFF * SIDE / (pi * min(smoothing)))
    j, k = (axis.ravel() for axis in np.meshgrid(np.arange(highest + 1), np.arange(highest + 1)))
    frequency = np.hypot(j, k) * pi / SIDE
    kept = (frequency > 0) & (frequency * min(smoothing) <= _CUTOFF)  # frequency 0 would be a shift
    place = (np.arange(SIDE) + 0.5) * pi / SIDE
    waves = np.cos(place[:, None] * np.arange(highest + 1))
    modes: Array = np.einsum("ym,xm->myx", waves[:, k[kept]], waves[:, j[kept]]).reshape(-1, PIXELS)
    amplitudes = np.exp(-0.5 * np.square(np.outer(smoothing, frequency[kept])))
    energy = np.square(modes.reshape(-1, SIDE, SIDE)[:, 4:-4, 4:-4]).mean(axis=(1, 2))
    amplitudes /= np.sqrt(np.square(amplitudes) @ energy)[:, None]
    return modes.astype(np.float32), amplitudes.astype(np.float32)
