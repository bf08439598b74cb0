"""Clouds: random grey with structure of every size, as in photographs, fog, stains and coarse paper."""

import numpy as np
from numpy.typing import NDArray


def clouds(
    n: int, side: int, steepness: "float | NDArray[np.float64]", rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return (n, side, side) noise with mean 0 and deviation 1, whose frequencies' amplitudes fall as a power of their inverse.

    In photographs the power is about 1. Source: Field 1987, Relations between the statistics of natural images and the
    response properties of cortical cells.

    Args:
        n: how many.
        side: pixels.
        steepness: the power, or an (n, 1, 1) array of them; 0 for grains without structure.
        rng: where they come from.
    """
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequency[0, 0] = 1 / side
    grey = np.fft.irfft2(
        np.fft.rfft2(rng.standard_normal((n, side, side))) * frequency**-steepness, (side, side)
    )
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    standard: NDArray[np.float64] = grey / grey.std(axis=(1, 2), keepdims=True)
    return standard
