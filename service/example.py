"""An example: a picture with its true label, given by a user."""

import hashlib
from dataclasses import dataclass

from model.arrays import Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A picture and the digit it shows.

    Attributes:
        pixels: (784,) uint8 as the network sees it, 0 paper to 255 ink.
        label: 0 to 9.
        original: the picture as it was sent; None when it came as pixels.
    """

    pixels: Bytes
    label: int
    original: bytes | None = None

    @property
    def id(self) -> str:
        """Named by its pixels: the same picture has the same id in whatever form it came."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()[:32]
