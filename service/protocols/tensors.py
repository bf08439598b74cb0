"""The tensors of the Open Inference Protocol that ``digits`` takes, from JSON or binary; every size is checked first.

Source: the protocol's "Inference Request JSON Object" and "Binary Tensor Data Extension".
"""

from array import array
from itertools import chain
from typing import Any

import numpy as np

from model.arrays import Pixels
from model.form import PIXELS
from service import bodies
from service.errors import ApiError
from service.protocols import documents

_TYPES: dict[str, np.dtype[Any]] = {"FP32": np.dtype("<f4"), "UINT8": np.dtype("u1")}
_ROWS = ([784], [28, 28])
_BATCHED = "[n, 784] or [n, 28, 28]"


def require_pixels(datatype: str, shape: list[int], most: int) -> None:
    """Require a datatype and a shape that ``pixels`` can have.

    Raises:
        ApiError: 400, others; 413, more than ``most`` pictures.
    """
    if datatype not in _TYPES:
        raise ApiError(400, f"expected pixels of datatype {' or '.join(_TYPES)}, got another")
    if shape[1:] not in _ROWS:
        raise ApiError(400, f"expected pixels of shape {_BATCHED}, got another shape")
    _require_batch(shape[0], most)


def require_image(shape: list[int], most: int) -> None:
    """Require a shape that ``image`` can have.

    Raises:
        ApiError: 400, another; 413, more than ``most`` pictures.
    """
    if len(shape) != 1:
        raise ApiError(400, "expected image of shape [n], got another shape")
    _require_batch(shape[0], most)


def _require_batch(pictures: int, most: int) -> None:
    if pictures < 1:
        raise ApiError(400, "expected at least one picture, got a shape with none")
    if pictures > most:
        raise ApiError(413, f"expected at most {most} pictures, got a shape with more")


def require_size(size: int, datatype: str, pictures: int) -> None:
    """Require as many bytes as so many pictures of a datatype have.

    Raises:
        ApiError: 400, another number.
    """
    expected = pictures * PIXELS * _TYPES[datatype].itemsize
    if size != expected:
        raise ApiError(400, f"expected {expected} bytes for pixels of this shape, got {size}")


def pixels_from_bytes(data: memoryview, datatype: str, pictures: int) -> Pixels:
    """Return (pictures, 784) from little-endian bytes in row-major order, of which there is the required number.

    Raises:
        ApiError: 400, a number out of range.
    """
    return _checked(np.frombuffer(data, _TYPES[datatype]).reshape(pictures, PIXELS))


def pixels_from_json(data: object, datatype: str, shape: list[int], *, checked: bool = False) -> Pixels:
    """Return (pictures, 784) from numbers in one list, or nested as the shape says; whole ones as uint8.

    Args:
        data: what the JSON held.
        datatype: of the tensor.
        shape: of the tensor.
        checked: there is no true or false among the values.

    Raises:
        ApiError: 400, another number of values, or one that is not of the datatype or out of range.
    """
    values = _flat(data, shape)
    if not checked and bool in set(map(type, values)):
        raise ApiError(400, "expected numbers in the data of pixels, got another value")
    try:
        return np.frombuffer(bytes(values), np.uint8).reshape(-1, PIXELS)
    except (TypeError, ValueError, OverflowError) as error:
        if datatype == "UINT8":
            raise _not_of(datatype) from error
    try:
        # Not by NumPy, which takes strings too; what is too large for a float becomes infinite here, and is refused as such.
        return _checked(np.frombuffer(array("f", values), np.float32).reshape(-1, PIXELS))
    except (TypeError, ValueError, OverflowError) as error:
        raise _not_of(datatype) from error


def _not_of(datatype: str) -> ApiError:
    return ApiError(400, f"expected numbers of {datatype} from 0 to 255, got another")


def _flat(data: object, shape: list[int]) -> list[Any]:
    message = "expected as many values in the data of pixels as its shape says, got another number"
    if not isinstance(data, list):
        raise ApiError(400, "expected a list as the data of pixels, got another value")
    if len(data) == shape[0] * PIXELS:
        return data
    values = data
    for length, each in zip(shape, [*shape[1:], None], strict=True):
        if each is None:
            return values
        if len(values) % length or not all(isinstance(row, list) and len(row) == each for row in values):
            raise ApiError(400, message)
        if values is data and len(data) != shape[0]:
            raise ApiError(400, message)
        values = list(chain.from_iterable(values))
    return values


def _checked(pixels: Pixels) -> Pixels:
    # NaN is the least and the greatest of any array it is in, and compares false with everything.
    if pixels.dtype != np.uint8 and not (pixels.min() >= 0 and pixels.max() <= 255):
        raise ApiError(400, "expected every pixel to be a number from 0 to 255, got another value")
    return pixels


def images_from_bytes(data: memoryview, pictures: int) -> list[bytes]:
    """Return picture files, each behind its length in 4 bytes, little-endian.

    Raises:
        ApiError: 400, the lengths do not add up to the bytes.
    """
    images, offset = [], 0
    for _ in range(pictures):
        begin = offset + 4
        offset = begin + int.from_bytes(data[offset:begin], "little")
        if offset > len(data) or begin > len(data):
            raise ApiError(400, "expected whole pictures behind their lengths, got fewer bytes")
        images.append(bytes(data[begin:offset]))
    if offset != len(data):
        raise ApiError(400, "expected no bytes behind the last picture, got some")
    return images


def images_from_json(data: object, pictures: int) -> list[bytes]:
    """Return picture files from a list of base64 strings or data URLs.

    Raises:
        ApiError: 400, another number of them, or not base64.
    """
    if not isinstance(data, list) or len(data) != pictures:
        raise ApiError(
            400, "expected as many strings in the data of image as its shape says, got another number"
        )
    images = []
    for number, text in enumerate(data, 1):
        with documents.picture(number, pictures):
            images.append(bodies.from_base64(text))
    return images
