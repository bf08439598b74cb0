"""Reading pictures whose truth is known: test digits, or any folder of pictures.

Whatever reads files (the network in this process, or a server that is asked) is a ``Reader``; what it makes of them becomes an
``Assessment``.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from model.arrays import Bytes
from model.assessment import NON_DIGIT, Assessment
from model.dataset import Dataset
from model.errors import DataError, ImageError
from model.images import decode
from model.pixels import Normalised, normalise
from model.predictor import Predictor, Reading
from model.sources import PICTURES, labelled_files
from model.threads import blas_threads, cores

_BATCH: Final = 500
_FILES: Final = 64
"""Files in memory at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was made of one picture.

    Attributes:
        pixels: (784,) as the network saw it.
        digit: 0 to 9.
        confidence: 0 to 1.
        reason: why it was abstained; None when it was not.
    """

    pixels: Bytes
    digit: int
    confidence: float
    reason: str | None


Reader = Callable[[Sequence[bytes]], "list[Seen | str]"]
"""Reads picture files; one that is no picture gives the reason why not."""


def reader_of(predictor: Predictor) -> Reader:
    """Return a reader that reads in this process, as a request is read."""

    def read(files: Sequence[bytes]) -> list[Seen | str]:
        found = [_normalised(file) for file in files]
        good = [picture for picture in found if isinstance(picture, Normalised)]
        if not good:
            return [str(picture) for picture in found]
        readings = iter(predictor.read_normalised(good))
        seen: list[Seen | str] = []
        for picture in found:
            if isinstance(picture, str):
                seen.append(picture)
            else:
                reading = next(readings)
                pixels = picture.pixels.ravel()
                seen.append(Seen(pixels, reading.digit, reading.confidence, reading.reason))
        return seen

    return read


def _normalised(file: bytes) -> Normalised | str:
    try:
        return normalise(decode(file).grey)
    except ImageError as error:
        return str(error)


def assess_digits(predictor: Predictor, data: Dataset, name: str) -> Assessment:
    """Read digits that are 28x28 pixels already, on every core.

    Each thread takes the next block when it is done with one, so a core that others use takes fewer; a product of
    several threads would wait for the slowest each time.
    """

    def read(start: int) -> list[Reading]:
        block = data.images[start : start + _BATCH]
        return predictor.read(block, [None] * len(block))

    with blas_threads(1), ThreadPoolExecutor(cores()) as pool:
        readings = [reading for block in pool.map(read, range(0, len(data), _BATCH)) for reading in block]
    seen = [
        Seen(row, reading.digit, reading.confidence, reading.reason)
        for row, reading in zip(data.images, readings, strict=True)
    ]
    return assembled(name, data.labels.tolist(), [f"{name} {i}" for i in range(len(data))], seen)


def assess_folder(read: Reader, folder: Path) -> Assessment:
    """Read the pictures of a folder, as a request's are.

    The pictures are digits ``LABEL/*.png`` or ``LABEL_*.png``. Where no picture has a label, none is a digit.

    Raises:
        DataError: there is no picture that can be read.
    """
    files = _labelled(folder)
    seen: list[Seen | str] = []
    for start in range(0, len(files), _FILES):
        seen += _contents_read(read, [path for _, path in files[start : start + _FILES]])
    if not any(isinstance(one, Seen) for one in seen):
        raise DataError(f"expected pictures in {folder.name!r}, got none that can be read")
    names = [str(path.relative_to(folder)) for _, path in files]
    return assembled(folder.name, [label for label, _ in files], names, seen)


def _labelled(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        raise DataError(f"expected a folder of pictures, got {folder.name!r}, which is none")
    labelled = labelled_files(folder)
    if labelled:
        return labelled
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURES)
    return [(NON_DIGIT, file) for file in files]


def _contents_read(read: Reader, paths: Sequence[Path]) -> list[Seen | str]:
    contents = [_contents(path) for path in paths]
    seen = iter(read([content for content in contents if isinstance(content, bytes)]))
    return [next(seen) if isinstance(content, bytes) else content for content in contents]


def _contents(path: Path) -> bytes | str:
    try:
        return path.read_bytes()
    except OSError as error:
        return error.strerror or type(error).__name__


def assembled(
    name: str, labels: Sequence[int], names: Sequence[str], seen: "Sequence[Seen | str]"
) -> Assessment:
    """Return what was made of pictures as an assessment.

    Args:
        name: of the set.
        labels: the true digits, or -1 where there is none.
        names: of the pictures.
        seen: what was made of each, or why it could not be read; at least one could be.
    """
    rows = [
        (one, label, called)
        for one, label, called in zip(seen, labels, names, strict=True)
        if isinstance(one, Seen)
    ]
    return Assessment(
        name,
        np.stack([one.pixels for one, _, _ in rows]),
        np.array([label for _, label, _ in rows], np.int8),
        np.array([one.digit for one, _, _ in rows], np.int8),
        np.array([one.confidence for one, _, _ in rows], np.float32),
        np.array([one.reason or "" for one, _, _ in rows]),
        tuple(called for _, _, called in rows),
        tuple((called, one) for one, called in zip(seen, names, strict=True) if isinstance(one, str)),
    )
