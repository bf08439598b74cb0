"""Affine and elastic deformation of a block of digits: each digit its own displacement field, sampled bilinearly.

The elastic field of Simard, Steinkraus and Platt (2003), white noise smoothed by a Gaussian, is drawn here directly in
its spectrum: a sum of cosine modes whose amplitudes fall off as the Gaussian's transform does. A mode is a wave along
the rows times a wave along the columns, and so are the affine terms when the straight lines 1, x and y are counted
among the waves: the whole field is two small matrix products, first along the rows and then along the columns.

Sampling computes with whole numbers of 1/256, of a pixel and of a grey value, in 16 bits: a processor does twice as many
of these at a time as of 32-bit floats, and the picture it starts from has no more than 256 grey values.
"""

from math import pi, prod
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array, Labels
from model.augmentation.settings import AugmentationSettings
from model.form import PIXELS, SIDE

PAD: Final = 2
PADDED: Final = SIDE + 2 * PAD
"""Digits lie on 32x32 paper, so that all four neighbours of a sampled point exist."""

ONE: Final = 256
"""The whole, of a pixel or of a blend, in 16-bit numbers."""

MIDDLE: Final = PAD + (SIDE - 1) / 2
"""The centre of the digit on its paper, pixels."""

START: Final = MIDDLE + 0.5 / ONE
"""The same, and half of 1/256 more: cutting off what lies behind the 1/256 then rounds."""

WIDEST: Final = 1.7
"""How much wider against its height a wide digit may become."""

_CUTOFF: Final = 2.5
"""Modes are kept up to this frequency, in standard deviations of the spectrum; what is left out is under 5 %."""

Fixed = NDArray[np.uint16]
"""Whole numbers of 1/256, or grey values about to be multiplied by them."""


_Number = TypeVar("_Number", bound=np.generic)


class Warp:
    """Deforms blocks of at most `size` digits; owns its buffers, so one thread at a time may use it.

    Fields are (axis, row, digit, column), so that a matrix product along the rows gives them as they are.
    """

    def __init__(self, settings: AugmentationSettings, size: int) -> None:
        self.settings = settings
        self.modes = Modes(settings.smoothing)
        self._lines, numbers = len(self.modes.waves), PIXELS * size
        self._coefficients = np.zeros(2 * self._lines**2 * size, np.float32)
        self._along_rows = np.empty(self._lines * SIDE * size, np.float32)
        self._field, self._points = np.empty(2 * numbers, np.float32), np.empty(2 * numbers, np.int16)
        self._parts, self._values = np.empty(2 * numbers, np.uint16), np.empty(2 * numbers, np.uint16)
        self._pairs, self._index = np.empty(PADDED * PADDED * size, np.uint16), np.empty(numbers, np.intp)
        self._starts = np.repeat(np.arange(size) * PADDED * PADDED, SIDE)

    def apply(self, source: Fixed, labels: Labels | None, rng: np.random.Generator, out: Array) -> None:
        """Write a deformed copy of each digit.

        Args:
            source: (n, 1024) grey values 0 to 255, digits on 32x32 paper.
            labels: (n,) or None; needed only where 1 and 7 turn less than the others.
            rng: where the deformations are drawn from.
            out: (n, 784) float32, overwritten; 0 to 1.
        """
        n = len(source)
        coefficients = _front(self._coefficients, 2, self._lines, n, self._lines)
        coefficients[:] = 0
        self._draw_elastic(rng, coefficients)
        self._draw_affine(labels, rng, coefficients)
        field, points = _front(self._field, 2, SIDE, n * SIDE), _front(self._points, 2, SIDE, n * SIDE)
        for axis in range(2):
            self.modes.field(coefficients[axis], _front(self._along_rows, self._lines, n * SIDE), field[axis])
        np.copyto(points, field, casting="unsafe")
        np.clip(points, np.int16(ONE // 2), np.int16((PADDED - 1.5) * ONE), out=points)
        self._sample(source.reshape(-1), points.view(np.uint16), out)

    def _draw_elastic(self, rng: np.random.Generator, out: Array) -> None:
        n, modes = out.shape[2], self.modes
        draws = rng.standard_normal((2, n, len(modes.rows)), dtype=np.float32)
        smoothing = rng.integers(len(modes.amplitudes), size=n)
        strength = (self.settings.elastic * rng.uniform(0.5, 1.5, (n, 1))).astype(np.float32)
        draws *= modes.amplitudes[smoothing] * strength
        out[:, modes.rows, :, modes.columns] = draws.transpose(2, 0, 1)

    def _draw_affine(self, labels: Labels | None, rng: np.random.Generator, out: Array) -> None:
        """Write the coefficients of A x + t, with A the inverse of rotation after slant after scaling."""
        s, n = self.settings, out.shape[2]
        draws = rng.uniform(-1.0, 1.0, (6, n))
        turn = np.full(n, s.rotation)
        if s.narrow_rotation is not None and labels is not None:
            turn[(labels == 1) | (labels == 7)] = s.narrow_rotation
        angle = np.deg2rad(turn) * draws[0]
        size = 1 + s.scale * draws[1]
        width = 1 / (size * (1 + s.stretch * draws[2]))
        height = 1 / (size * (1 - s.stretch * draws[2]))
        if s.wide:
            wider = np.where(rng.random(n) < s.wide, rng.uniform(1.0, WIDEST, n), 1.0)
            width *= wider**-0.6  # the rest makes it lower: it still fits
            height *= wider**0.4
        slant = s.shear * draws[3]
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = out
        x[0, :, LINE] = width * (cos - slant * sin)
        x[LINE, :, 0] = width * (sin + slant * cos)
        x[0, :, 0] = START + s.shift * draws[4]
        y[0, :, LINE] = -height * sin
        y[LINE, :, 0] = height * cos
        y[0, :, 0] = START + s.shift * draws[5]

    def _sample(self, paper: Fixed, points: Fixed, out: Array) -> None:
        """Write the bilinear value of each digit's paper at its points, (x or y, row, digit, column)."""
        n = len(out)
        parts = np.bitwise_and(points, np.uint16(ONE - 1), out=_front(self._parts, 2, SIDE, n * SIDE))
        points -= parts
        column, row = points
        column >>= np.uint16(8)
        row >>= np.uint16(3)  # by 8 bits, and times the 32 numbers of a row of paper
        column += row
        index = _front(self._index, SIDE, n * SIDE)
        np.copyto(index, column)
        index += self._starts[: n * SIDE]
        pairs = self._pairs[: paper.size]
        np.left_shift(paper[1:], np.uint16(8), out=pairs[:-1])
        pairs[:-1] |= paper[:-1]
        pairs[-1] = paper[-1]
        upper, lower = _front(self._values, 2, SIDE, n * SIDE)
        np.take(pairs, index, out=upper, mode="clip")
        np.take(pairs[PADDED:], index, out=lower, mode="clip")
        _blend_pair(upper, parts[0], row)
        _blend_pair(lower, parts[0], row)
        _blend(upper, lower, parts[1])
        values = upper.reshape(SIDE, n, SIDE).transpose(1, 0, 2)
        np.multiply(values, np.float32(1 / (255 * ONE)), out=out.reshape(n, SIDE, SIDE))


def _front(buffer: NDArray[_Number], *shape: int) -> NDArray[_Number]:
    """Return the first numbers of a flat buffer in this shape."""
    return buffer[: prod(shape)].reshape(shape)


def _blend_pair(pair: Fixed, share: Fixed, work: Fixed) -> None:
    """Blend, in place, the grey values in the lower and the upper byte, and round to a grey value."""
    np.right_shift(pair, np.uint16(8), out=work)
    pair &= np.uint16(255)
    _blend(pair, work, share)
    pair += np.uint16(ONE // 2)
    pair >>= np.uint16(8)


def _blend(a: Fixed, b: Fixed, share: Fixed) -> None:
    """Turn the grey values `a` into 256 a + share (b - a); `b` is used up. What wraps around on the way comes back."""
    b -= a
    b *= share
    a <<= np.uint16(8)
    a += b


LINE: Final = 1
"""Which of the waves is the straight line."""


class Modes:
    """Products of waves along the rows and waves along the columns, and how strongly each is drawn.

    Attributes:
        waves: (waves, 28): 1, the straight line through the middle, and cosines of growing frequency.
        rows: (modes,) the wave that each mode follows down the rows.
        columns: (modes,) the wave it follows along the columns.
        amplitudes: (smoothing lengths, modes) standard deviations that give 1 px rms in the 20x20 box of the digit.
    """

    def __init__(self, smoothing: tuple[float, ...]) -> None:
        highest = int(_CUTOFF * SIDE / (pi * min(smoothing)))
        place = np.arange(SIDE) + 0.5
        cosines = np.cos(np.arange(1, highest + 1)[:, None] * place * pi / SIDE)
        self.waves = np.concatenate([np.ones((1, SIDE)), [place - SIDE / 2], cosines]).astype(np.float32)
        j, k = (axis.ravel() for axis in np.meshgrid(np.arange(highest + 1), np.arange(highest + 1)))
        frequency = np.hypot(j, k) * pi / SIDE
        kept = (frequency > 0) & (frequency * min(smoothing) <= _CUTOFF)  # frequency 0 would be a shift
        self.rows, self.columns = (np.where(axis > 0, axis + LINE, 0)[kept] for axis in (k, j))
        amplitudes = np.exp(-0.5 * np.square(np.outer(smoothing, frequency[kept])))
        box = self.waves[:, 4:-4].astype(np.float64)
        energy = np.square(box).mean(axis=1)
        amplitudes /= np.sqrt(np.square(amplitudes) @ (energy[self.rows] * energy[self.columns]))[:, None]
        self.amplitudes: Array = amplitudes.astype(np.float32)
        self._down: Array = np.ascontiguousarray(self.waves.T) * np.float32(ONE)

    def field(self, coefficients: Array, work: Array, out: Array) -> None:
        """Write the field of (waves, n, waves) coefficients, those of the rows first: (28, n * 28), in 1/256 pixel."""
        lines = len(self.waves)
        np.matmul(coefficients.reshape(-1, lines), self.waves, out=work.reshape(-1, SIDE))
        np.matmul(self._down, work, out=out)
