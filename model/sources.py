"""Where data sets come from.

A data set is the name ``mnist`` (shipped with the package), a folder ``LABEL/*.png``, an ``.npz`` of arrays, or an IDX
file of images whose labels lie beside it. Arrays are never unpickled.
"""

import gzip
import hashlib
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from model.arrays import Bytes, Labels
from model.dataset import Dataset, Split, split, split_by_picture
from model.errors import DataError, ImageError
from model.form import PIXELS
from model.images import decode
from model.losses import DIGITS
from model.pixels import normalise

MNIST = Path(__file__).parent / "data" / "mnist"
MNIST_DIGEST = "sha256:a2cdb9d6828ddf499980a1e06be08decd8b91c5882e336acdbe935b1dc56e980"
"""Of the 60,000 training digits, whatever file they came in."""

LARGEST = 1 << 31
"""Bytes that a data set may have when unpacked; a small file can declare terabytes."""

AnyArray = np.ndarray[Any, np.dtype[Any]]
"""An array of a kind not yet checked."""

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def load(source: str) -> Dataset:
    """Read a data set by name or path.

    Args:
        source: ``mnist``, or the path of a folder, an ``.npz``, or an IDX file of images.

    Raises:
        DataError: it is missing, torn or malformed.
    """
    if source == "mnist":
        return mnist("train")
    path = Path(source)
    if path.is_dir():
        return folder(path)
    if path.suffix == ".npz":
        return npz(path)
    if path.is_file():
        return idx_pair(path, labels_beside(path))
    raise DataError(
        f"expected mnist, a folder, an .npz or an IDX file, got {path.name!r}, which does not exist"
    )


def load_split(source: str, *, limit: int | None = None) -> Split:
    """Return a data set as trainings learn from it; of MNIST always the same 5,000 digits are held out.

    Args:
        source: as for ``load``.
        limit: keep only this many of the training pictures, the first in the data's own order.

    Raises:
        DataError: it is missing, torn or malformed, or has too few pictures.
    """
    data = load(source)
    return split(data, limit=limit) if data.digest == MNIST_DIGEST else split_by_picture(data, limit=limit)


def load_test() -> Dataset:
    """Return MNIST's 10,000 test digits: for the final figure, never to choose by."""
    return mnist("t10k")


def mnist(part: str) -> Dataset:
    """Return the shipped digits: ``train``, 60,000, or ``t10k``, 10,000. Verified by digest."""
    images, labels = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
    lines = (MNIST / "SHA256SUMS").read_text().splitlines()
    digests = {name: digest for digest, name in map(str.split, lines)}
    for name in (images, labels):
        digest = hashlib.sha256((MNIST / name).read_bytes()).hexdigest()
        if digest != digests[name]:
            raise DataError(f"expected {name} with digest {digests[name][:12]}…, got {digest[:12]}…")
    return idx_pair(MNIST / images, MNIST / labels)


def labels_beside(images: Path) -> Path:
    """Return the path of the labels that belong to an IDX file of images, by the names MNIST uses."""
    return images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))


def idx_pair(images: Path, labels: Path) -> Dataset:
    """Read (n, 28, 28) images and (n,) labels from two IDX files, gzipped or not.

    Format: two zero bytes, 8 for unsigned bytes, the number of dimensions, their big-endian sizes, the numbers.
    """
    pictures = _idx(images, dimensions=3)
    if pictures.shape[1:] != (28, 28):
        raise DataError(f"expected {images.name} to hold 28x28 images, got {pictures.shape[1:]}")
    return Dataset(pictures.reshape(-1, PIXELS), _idx(labels, dimensions=1))


def _idx(path: Path, dimensions: int) -> Bytes:
    data = _unpacked(path)
    if len(data) < 4 or data[:4] != bytes([0, 0, 8, dimensions]):
        raise DataError(f"expected {path.name} to be an IDX file of {dimensions} dimensions of bytes")
    if len(data) < 4 + 4 * dimensions:
        raise DataError(f"expected {path.name} to have a whole header, got {len(data)} bytes")
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    expected = int(np.prod(shape, dtype=object))
    if len(data) - 4 - 4 * dimensions != expected:
        raise DataError(f"expected {expected} numbers in {path.name}, got {len(data) - 4 - 4 * dimensions}")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _unpacked(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"expected to read {path.name}, got {_why(error)}") from error
    if len(data) > LARGEST:
        raise DataError(f"expected {path.name} to hold at most {LARGEST} bytes")
    return data


def _why(error: Exception) -> str:
    """Say what the system said, or that the file is not what it should be."""
    said = error.strerror if isinstance(error, OSError) else None
    return said or "another or a torn file"


def npz(path: Path) -> Dataset:
    """Read ``images`` (or ``x``, ``x_train``) and ``labels`` (or ``y``, ``y_train``) from an .npz; nothing is unpickled."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise DataError(f"expected {path.name} to hold at most {LARGEST} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            images = _named(arrays, path, "images", "x", "x_train")
            labels = _named(arrays, path, "labels", "y", "y_train")
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile, MemoryError) as error:
        raise DataError(f"expected {path.name} to be an .npz of plain arrays, got {_why(error)}") from error
    return Dataset(_grey_values(images, path), _digits(labels, path))


def _named(arrays: "np.lib.npyio.NpzFile", path: Path, *names: str) -> AnyArray:
    for name in names:
        if name in arrays.files:
            array: AnyArray = arrays[name]
            return array
    raise DataError(
        f"expected {path.name} to hold an array named {' or '.join(names)}, got {arrays.files[:9]}"
    )


def _grey_values(images: AnyArray, path: Path) -> Bytes:
    if images.dtype != np.uint8 or images.shape[1:] not in {(28, 28), (PIXELS,), (28, 28, 1)}:
        raise DataError(
            f"expected (n, 28, 28) uint8 images in {path.name}, got {images.shape} {images.dtype}"
        )
    return images.reshape(-1, PIXELS).astype(np.uint8)


def _digits(labels: AnyArray, path: Path) -> Labels:
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise DataError(
            f"expected (n,) whole-number labels in {path.name}, got {labels.shape} {labels.dtype}"
        )
    whole = labels.astype(np.int64)
    if whole.size and (whole.min() < 0 or whole.max() >= DIGITS):
        raise DataError(f"expected labels 0 to 9 in {path.name}, got {whole.min()} to {whole.max()}")
    return whole.astype(np.uint8)


def labelled_files(path: Path) -> list[tuple[int, Path]]:
    """Return label and file for every picture in ``LABEL/…`` below a folder, or named ``LABEL_…`` in it, sorted."""
    files = [file for file in path.rglob("*") if file.suffix.lower() in PICTURES]
    labelled = [
        (int(text), file)
        for file in files
        for text in [file.parent.name if file.parent != path else file.name.split("_")[0]]
        if len(text) == 1 and text in "0123456789"
    ]
    return sorted(labelled)


def folder(path: Path) -> Dataset:
    """Read pictures from ``LABEL/*.png`` (or ``LABEL_*.png``), each normalised as a picture in a request is."""
    files = labelled_files(path)
    if not files:
        raise DataError(f"expected pictures in folders 0 to 9 below {path.name!r}, got none")
    images = np.empty((len(files), PIXELS), np.uint8)
    for i, (_, file) in enumerate(files):
        try:
            images[i] = normalise(decode(file.read_bytes()).grey).pixels.ravel()
        except (ImageError, OSError) as error:
            raise DataError(f"expected {file.name} to be a picture: {error}") from error
    return Dataset(images, np.array([label for label, _ in files], np.uint8))
