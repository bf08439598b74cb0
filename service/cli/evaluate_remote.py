"""What a running service makes of pictures: the figures of ``numeral evaluate --url`` come out of its answers alone."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from model.arrays import Bytes
from model.assessing import Seen, assembled, assess_folder
from service.cli.remote import Remote, RemoteError
from service.png import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.assessment import Assessment
    from model.dataset import Dataset

PICTURES: Final = 64
BYTES: Final = 8_000_000
"""Pictures and bytes in one request; a single larger picture goes alone."""

UNREAD: Final = -1
"""Instead of a digit, where a picture could not be read."""

_NOTHING: Final = np.zeros(784, np.uint8)


class RemoteEvaluation:
    """Has a service read pictures; all of them must be read by the same version.

    Args:
        remote: the service.
        query: parameters of every request: version or alias, policy.
        pictures: whether to ask what the network saw, for a report that shows it.
    """

    def __init__(self, remote: Remote, query: dict[str, Any], *, pictures: bool) -> None:
        self._remote = remote
        self._query = {name: value for name, value in query.items() if value is not None}
        if pictures:
            self._query["include"] = "image"
        self._model: dict[str, str] = {}

    @property
    def model(self) -> dict[str, str]:
        """Version and digest that answered."""
        return self._model

    def digits(self, data: "Dataset", name: str) -> "Assessment":
        """Read digits, sent as PNG files."""
        names = [f"{name} {i}" for i in range(len(data))]
        return assembled(
            name, data.labels.tolist(), names, self.read([encode(image) for image in data.images])
        )

    def folder(self, folder: Path) -> "Assessment":
        """Read the pictures of a folder, sent as they are."""
        return assess_folder(self.read, folder)

    def changed(self, pictures: Sequence[Bytes]) -> "NDArray[np.int8]":
        """Return the digits read in (28, 28) grey pictures, sent as PNG files."""
        seen = self.read([encode(picture.ravel()) for picture in pictures])
        return np.array([one.digit if isinstance(one, Seen) else UNREAD for one in seen], np.int8)

    def read(self, files: Sequence[bytes]) -> list[Seen | str]:
        """Return what the service makes of picture files.

        Raises:
            RemoteError: the service refused, could not be reached, or went over to another version meanwhile.
        """
        return [self._seen(answer) for block in blocks(files) for answer in self._ask(block)]

    def _ask(self, block: Sequence[bytes]) -> list[dict[str, Any]]:
        parts = [("image", (f"{i}", file, "application/octet-stream")) for i, file in enumerate(block)]
        answers: list[dict[str, Any]] = self._remote.ask(
            "POST", "/predict/batch", params=self._query, files=parts
        )["predictions"]
        if len(answers) != len(block):
            raise RemoteError(f"expected {len(block)} answers, got {len(answers)}")
        return answers

    def _seen(self, answer: dict[str, Any]) -> Seen | str:
        if "error" in answer:
            return str(answer["error"])
        self._model = self._model or answer["model"]
        if answer["model"] != self._model:
            raise RemoteError(
                f"expected version {self._model['version']} to read everything, got {answer['model']['version']} too"
            )
        pixels = _pixels(answer["image"]) if "image" in answer else _NOTHING
        return Seen(pixels, answer["digit"], answer["confidence"], answer["reason"])


def blocks(files: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the files in blocks that fit a request."""
    start, size = 0, 0
    for end, file in enumerate(files):
        if end > start and (end - start == PICTURES or size + len(file) > BYTES):
            yield files[start:end]
            start, size = end, 0
        size += len(file)
    if start < len(files):
        yield files[start:]


def _pixels(url: str) -> Bytes:
    """Return the (784,) pixels in the data URL of a PNG."""
    return np.asarray(Image.open(BytesIO(b64decode(url.partition(",")[2])))).ravel()
