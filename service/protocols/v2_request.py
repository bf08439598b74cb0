"""An inference request of the Open Inference Protocol v2: what was asked, and the pictures it brings.

Nothing is believed: header length, shapes, datatypes and byte counts are compared with what is there before anything is
made of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.arrays import Pixels
from service.errors import ApiError
from service.numbers import may_hold_booleans
from service.protocols import documents, tensors

OUTPUTS = {"activations": "FP32", "digit": "INT64", "confidence": "FP32"}
"""What ``digits`` gives, and its datatypes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An output, and whether it is wanted as binary."""

    name: str
    binary: bool


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What was asked.

    Attributes:
        id: comes back in the answer; None if there was none.
        pixels: (batch, 784) 0 to 255, or None when picture files came.
        images: picture files, or None when pixels came.
        outputs: in the order they are wanted.
    """

    id: str | None
    pixels: Pixels | None
    images: list[bytes] | None
    outputs: tuple[Wanted, ...]


_MOST_SPACE = 1024
"""Bytes of blanks before the JSON of a large request."""

_ALL = {binary: tuple(Wanted(name, binary) for name in OUTPUTS) for binary in (False, True)}


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """The JSON of a request, checked as far as that can be done without its tensor.

    Attributes:
        id: comes back in the answer; None if there was none.
        name: of the input, pixels or image.
        datatype: of the input.
        shape: of the input.
        data: of the input, when it is not binary.
        checked: there is no true or false in the JSON.
        binary: the input stands behind the JSON.
        outputs: in the order they are wanted.
    """

    id: str | None
    name: str
    datatype: str
    shape: list[int]
    data: object
    checked: bool
    binary: bool
    outputs: tuple[Wanted, ...]

    @property
    def pictures(self) -> int:
        """How many there are."""
        return self.shape[0]


def parse(body: bytes, header_length: bytes | None, most: int) -> Inference:
    """Return what a request asks for.

    Args:
        body: the whole body, inflated.
        header_length: the header Inference-Header-Content-Length: how many bytes of JSON come before binary tensors.
        most: pictures in one request.

    Raises:
        ApiError: 400, anything does not fit; 413, more pictures than ``most``.
    """
    length = _length(header_length, len(body))
    header = _header(body[:length] if length < len(body) else body, len(body) - length, most)
    if header.name == "pixels":
        return Inference(header.id, _pixels(header, memoryview(body)[length:]), None, header.outputs)
    return Inference(header.id, None, _images(header, memoryview(body)[length:]), header.outputs)


def glance(begin: bytes, size: int | None, header_length: bytes | None, most: int) -> None:
    """Refuse a large request by the bytes that came first, when they already show that it does not fit.

    Args:
        begin: the first bytes of the body, which is not compressed.
        size: of the whole body, if the client said it.
        header_length: the header Inference-Header-Content-Length.
        most: pictures in one request.

    Raises:
        ApiError: 400, anything does not fit; 413, more pictures than ``most``.
    """
    first = begin.lstrip()[:1]
    if first != b"{" and (first or len(begin) > _MOST_SPACE):
        raise documents.not_an_object(binary=True)
    if size is not None and header_length is not None:
        length = _length(header_length, size)
        if length <= len(begin):
            _header(begin[:length], size - length, most)


def _header(document: bytes, behind: int, most: int) -> Header:
    """Return the header in a JSON document with so many bytes behind it."""
    request = documents.parse(document, most, binary=True)
    name = request.get("id")
    if name is not None and not isinstance(name, str):
        raise ApiError(400, "expected id to be a string, got another value")
    outputs = _outputs(request)
    tensor = _input(request)
    binary = _is_binary(tensor, behind)
    kind, datatype, shape = _kind(tensor, most)
    if binary and kind == "pixels":
        tensors.require_size(behind, datatype, shape[0])
    checked = binary or not may_hold_booleans(document)
    return Header(name, kind, datatype, shape, tensor.get("data"), checked, binary, outputs)


def _length(header: bytes | None, size: int) -> int:
    if header is None:
        return size
    if not header.isdigit() or len(header) > 12 or int(header) > size:
        raise ApiError(
            400,
            "expected Inference-Header-Content-Length to be a number of bytes within the body, got another value",
        )
    return int(header)


def _input(request: Mapping[str, Any]) -> dict[str, Any]:
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise ApiError(400, "expected inputs to be a list with one tensor, got none")
    if len(inputs) > 1:
        raise ApiError(400, "expected one input, pixels or image, got more")
    tensor = inputs[0]
    if not isinstance(tensor, dict):
        raise ApiError(400, "expected an input to be an object, got another value")
    return tensor


def _kind(tensor: Mapping[str, Any], most: int) -> tuple[str, str, list[int]]:
    """Return name, datatype and shape."""
    shape, name, datatype = _shape(tensor), tensor.get("name"), tensor.get("datatype")
    if name == "pixels" and isinstance(datatype, str):
        tensors.require_pixels(datatype, shape, most)
        return name, datatype, shape
    if name == "image" and datatype == "BYTES":
        tensors.require_image(shape, most)
        return name, datatype, shape
    raise ApiError(400, "expected the input pixels of FP32 or UINT8, or image of BYTES; got another")


def _pixels(header: Header, binary: memoryview) -> Pixels:
    if header.binary:
        return tensors.pixels_from_bytes(binary, header.datatype, header.pictures)
    return tensors.pixels_from_json(header.data, header.datatype, header.shape, checked=header.checked)


def _images(header: Header, binary: memoryview) -> list[bytes]:
    if header.binary:
        return tensors.images_from_bytes(binary, header.pictures)
    return tensors.images_from_json(header.data, header.pictures)


def _is_binary(tensor: Mapping[str, Any], behind: int) -> bool:
    """Return whether a tensor is binary; then it must have all the bytes behind the JSON."""
    parameters = _parameters(tensor)
    if any(name.startswith("shared_memory") for name in parameters):
        raise ApiError(400, "expected the data in the request, got a region of shared memory")
    size = parameters.get("binary_data_size")
    if size is None:
        if behind:
            raise ApiError(
                400, "expected no bytes behind the JSON, got some that no tensor has a binary_data_size for"
            )
        if "data" not in tensor:
            raise ApiError(400, "expected data or a binary_data_size in the input, got neither")
        return False
    if type(size) is not int or size < 0:
        raise ApiError(400, "expected binary_data_size to be a number of bytes, got another value")
    if "data" in tensor:
        raise ApiError(400, "expected either data or a binary_data_size in the input, got both")
    if size != behind:
        raise ApiError(400, f"expected as many bytes behind the JSON as binary_data_size says, got {behind}")
    return True


def _shape(tensor: Mapping[str, Any]) -> list[int]:
    shape = tensor.get("shape")
    if not isinstance(shape, list) or len(shape) > 8 or not all(type(n) is int and n >= 0 for n in shape):
        raise ApiError(400, "expected shape to be a list of whole numbers, got another value")
    return shape


def _outputs(request: Mapping[str, Any]) -> tuple[Wanted, ...]:
    parameters = _parameters(request)
    binary = _flag(parameters, "binary_data_output", default=False)
    outputs = request.get("outputs")
    if outputs is None or outputs == []:
        return _ALL[binary]
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise ApiError(400, "expected outputs to be a list of objects, got another value")
    names = [output.get("name") for output in outputs]
    known = [name for name in names if isinstance(name, str) and name in OUTPUTS]
    if len(known) != len(names) or len(set(known)) != len(known):
        raise ApiError(400, f"expected each output to be one of {', '.join(OUTPUTS)}, once; got another")
    return tuple(
        Wanted(name, _binary_output(output, default=binary))
        for name, output in zip(known, outputs, strict=True)
    )


def _binary_output(output: Mapping[str, Any], *, default: bool) -> bool:
    parameters = _parameters(output)
    if any(name.startswith("shared_memory") for name in parameters) or parameters.get("classification"):
        raise ApiError(
            400, "expected an output in the answer as it is, got shared memory or a classification"
        )
    return _flag(parameters, "binary_data", default=default)


def _flag(parameters: Mapping[str, Any], name: str, *, default: bool) -> bool:
    flag = parameters.get(name, default)
    if not isinstance(flag, bool):
        raise ApiError(400, f"expected {name} to be true or false, got another value")
    return flag


def _parameters(document: Mapping[str, Any]) -> dict[str, Any]:
    parameters = document.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise ApiError(400, "expected parameters to be an object, got another value")
    return parameters
