"""Reading digits inside another program, without any service: ``from model import load``."""

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model import shipped
from model.artifact import Artifact, assemble
from model.errors import ShapeMismatch, StoreUnavailable, VersionNotFound
from model.form import PIXELS
from model.images import decode
from model.manifest import decode_manifest
from model.pixels import Normalised, normalise
from model.predictor import Predictor, Reading
from model.registry import Registry

Picture = bytes | bytearray | memoryview | str | Path | Image.Image | NDArray[Any]
"""One digit: the contents of a picture file, its path, a Pillow image, or an array (see ``Recogniser.predict``)."""

BATCH = 64
"""Pictures in one forward pass."""

_PNG_MODES = frozenset(("1", "L", "LA", "P", "RGB", "RGBA", "I;16"))
_TIFF_MODES = frozenset(("I", "F", "CMYK", "YCbCr", "LAB"))


class Recogniser:
    """A network that reads pictures. Immutable, so safe to share between threads.

    Attributes:
        version: such as ``"7"``.
        digest: ``sha256:`` and the digest of the weights file.
    """

    def __init__(self, artifact: Artifact) -> None:
        self._predictor = Predictor(artifact)
        self.version = self._predictor.version
        self.digest = self._predictor.digest

    def predict(self, image: Picture) -> Reading:
        """Read one digit.

        Args:
            image: the contents of a PNG, JPEG, WebP, BMP, GIF or TIFF file; its path; a Pillow image; or an array.
                An array of 28x28 or 784 numbers is taken as it is, 0 paper to 255 ink; any other array of
                (height, width) or (height, width, 3 or 4) uint8 is a picture like that in a file.

        Raises:
            ImageError: it is no picture that can be read.
            ShapeMismatch: an array has another shape or type, or numbers out of range.
            OSError: there is no file at the path.
        """
        return self.predict_all([image])[0]

    def predict_all(self, images: Iterable[Picture]) -> list[Reading]:
        """Read digits, in order; raises what ``predict`` raises."""
        prepared = [_prepare(image) for image in images]
        readings: list[Reading] = []
        for start in range(0, len(prepared), BATCH):
            rows = prepared[start : start + BATCH]
            pixels = np.stack([pixels for pixels, _ in rows])
            readings += self._predictor.read(pixels, [found for _, found in rows])
        return readings


def load(name: str = "production", home: str | Path | None = None) -> Recogniser:
    """Return a network, read and verified.

    Args:
        name: a version or alias.
        home: the home folder of a service, its store, or the URL of a store such as ``s3://bucket``. Without it
            ``NUMERAL_STORE_URL`` or ``NUMERAL_HOME`` in the environment say where to look; without these it is
            the network that comes with the package, ``production``.

    Raises:
        VersionNotFound: there is no such version or alias.
        ArtifactCorrupt: it is damaged.
        StoreUnavailable: there is no store there.
    """
    place = home or os.environ.get("NUMERAL_STORE_URL") or os.environ.get("NUMERAL_HOME")
    if place is not None:
        registry = _registry(place)
        return Recogniser(registry.load(registry.resolve(name)))
    if name != shipped.PRODUCTION:
        raise VersionNotFound(
            "expected production, which comes with the package, or a home; got another name alone"
        )
    manifest = decode_manifest((shipped.FOLDER / "manifest.json").read_bytes())
    return Recogniser(assemble(manifest, (shipped.FOLDER / "weights.safetensors").read_bytes()))


def _registry(place: str | Path) -> Registry:
    if "://" in str(place):
        return Registry.open(place)
    home = Path(place).expanduser()
    for folder in (home / "store", home):
        if (folder / "models").is_dir():
            return Registry.open(folder)
    raise StoreUnavailable("expected the home of a service or a store in this folder, got neither")


def _prepare(image: Picture) -> tuple[NDArray[Any], Normalised | None]:
    """Return (784,) pixels, and what the normaliser found unless they came as they are."""
    if isinstance(image, np.ndarray):
        if image.shape in ((28, 28), (PIXELS,)):
            return _as_they_are(image), None
        return _normalised(_grey(image))
    if isinstance(image, Image.Image):
        image = _encoded(image)
    elif isinstance(image, str | Path):
        image = Path(image).read_bytes()
    return _normalised(decode(bytes(image)).grey)


def _normalised(grey: NDArray[np.uint8]) -> tuple[NDArray[Any], Normalised]:
    found = normalise(grey)
    return found.pixels.reshape(-1), found


def _as_they_are(image: NDArray[Any]) -> NDArray[Any]:
    if image.dtype.kind not in "uif" or not (image.min() >= 0 and image.max() <= 255):
        raise ShapeMismatch("expected pixels to be numbers from 0 to 255, got another array")
    row = image.reshape(-1)
    return row if row.dtype == np.uint8 else row.astype(np.float32)


def _grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    colours = image.ndim == 3 and image.shape[2] in (3, 4)
    if image.dtype != np.uint8 or not (image.ndim == 2 or colours) or image.size == 0:
        raise ShapeMismatch(
            f"expected (784,) or (28, 28) numbers, or (height, width) or (height, width, 3 or 4) uint8,"
            f" got {image.shape} {image.dtype}"
        )
    return decode(_encoded(Image.fromarray(image))).grey if colours else image


def _encoded(image: Image.Image) -> bytes:
    """Return a file of a Pillow image, upright, so that it is read as any other file is: alpha, palette and depth too."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in _PNG_MODES | _TIFF_MODES:
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    file = io.BytesIO()
    if upright.mode in _PNG_MODES:
        upright.save(file, "PNG", compress_level=1)
    else:
        upright.save(file, "TIFF")
    return file.getvalue()
