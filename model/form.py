"""The form of MNIST's pictures, which is that of all pictures the network reads.

Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
"""

from typing import Final

SIDE: Final = 28
"""Pixels along each side of a picture."""

PIXELS: Final = SIDE * SIDE
"""Pixels of a picture: 28 rows of 28, each an input activation."""

DIGIT_SIDE: Final = 20
"""Pixels of the 28: the longer side of the digit in them."""
