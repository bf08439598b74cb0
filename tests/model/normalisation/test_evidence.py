"""Paper, noise and tangles."""

import numpy as np

from model.normalisation.evidence import is_blank, is_tangle
from tests.model.normalisation.drawing import seven


def test_a_clear_digit_is_not_blank() -> None:
    """Strong ink with abrupt ends."""
    ink = seven()
    assert not is_blank(ink.astype(np.uint8) * np.uint8(200), ink, ink, contrast=200, clarity=20)


def test_low_contrast_or_clarity_is_blank() -> None:
    """What rises no more than the paper varies is paper."""
    ink = seven()
    strength = ink.astype(np.uint8) * np.uint8(100)
    assert is_blank(strength, ink, ink, contrast=4, clarity=20)
    assert is_blank(strength, ink, ink, contrast=100, clarity=3)


def test_what_fades_away_slowly_is_blank() -> None:
    """A shadow has no edge: just outside it is nearly as strong as inside."""
    ink = np.zeros((60, 60), bool)
    ink[20:40, 20:40] = True
    y, x = np.mgrid[0:60, 0:60] - 29.5
    fading = np.clip(200 - 5 * np.maximum(abs(x), abs(y)), 0, 255).astype(np.uint8)
    assert is_blank(fading, ink, ink, contrast=100, clarity=6)


def test_long_strokes_in_a_small_space_are_a_tangle() -> None:
    """A lattice of many crossings is no digit; a 7 is."""
    lattice = np.zeros((60, 60), bool)
    lattice[::8] = lattice[:, ::8] = True
    assert is_tangle(lattice, 60, share=1, shapes=1)
    assert not is_tangle(seven(), 65, share=1, shapes=1)
    assert is_tangle(seven(), 65, share=0.3, shapes=20)
