"""The array types that the package speaks of."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
"""Activations, weights, gradients: always 32-bit floats."""

Bytes = NDArray[np.uint8]
"""Grey values: 0 is paper, 255 is ink."""

Pixels = NDArray[np.uint8 | np.float32]
"""Grey values as bytes or, where a program sends fractions of them, as 32-bit floats from 0 to 255."""

Labels = NDArray[np.uint8]
"""Digits 0 to 9."""
