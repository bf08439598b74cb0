"""The SDK of KServe, which speaks both protocols."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from numpy.typing import NDArray

from tests.service.foreign.conftest import GREYS, PNGS

Expected = NDArray[np.float32]


@pytest.fixture
async def v1() -> AsyncIterator[InferenceRESTClient]:
    """A client of the first protocol."""
    async with InferenceRESTClient(RESTConfig(protocol="v1", timeout=60)) as client:
        yield client


@pytest.fixture
async def v2() -> AsyncIterator[InferenceRESTClient]:
    """A client of the Open Inference Protocol."""
    async with InferenceRESTClient(RESTConfig(protocol="v2", timeout=60)) as client:
        yield client


async def test_v1_reads_and_explains(v1: InferenceRESTClient, url: str, activations: Expected) -> None:
    """Pixels, rows and pictures; a lone one to the bit."""
    picture = {"b64": base64.b64encode(PNGS[2]).decode()}
    instances: list[Any] = [GREYS[0].reshape(-1).tolist(), GREYS[1].tolist(), picture]
    answer = await v1.infer(url, {"instances": instances}, "digits")
    found = np.array([prediction["activations"] for prediction in answer["predictions"]], np.float32)
    assert np.abs(found - activations[:3]).max() <= 1e-6
    (alone,) = (await v1.infer(url, {"instances": instances[:1]}, "digits"))["predictions"]
    assert np.array(alone["activations"], np.float32).tobytes() == activations[0].tobytes()
    explained = await v1.explain(url, "digits", {"instances": [picture]})
    assert explained["explanations"][0]["label"] == explained["explanations"][0]["prediction"]["digit"]


async def test_v1_health(v1: InferenceRESTClient, url: str) -> None:
    """At / there is the page, so liveness is asked at /v1."""
    assert await v1.is_server_live(f"{url}/v1")
    assert await v1.is_model_ready(url, "digits")


async def test_v2_health(v2: InferenceRESTClient, url: str) -> None:
    """Server and model are ready; another model is not."""
    assert await v2.is_server_live(url)
    assert await v2.is_server_ready(url)
    assert await v2.is_model_ready(url, "digits")
    assert not await v2.is_model_ready(url, "other")


@pytest.mark.parametrize("binary_input", [True, False])
@pytest.mark.parametrize("binary_output", [True, False, None])
@pytest.mark.parametrize("datatype", ["FP32", "UINT8"])
async def test_v2_reads_pixels(
    v2: InferenceRESTClient,
    url: str,
    activations: Expected,
    *,
    datatype: str,
    binary_input: bool,
    binary_output: bool | None,
) -> None:
    """JSON and binary, in and out; a lone picture to the bit."""
    parameters = {"binary_data": binary_output}
    names = ("activations", "digit")
    outputs = None if binary_output is None else [RequestedOutput(name, parameters) for name in names]
    for count in (1, 32):
        array = GREYS[:count].astype({"FP32": np.float32, "UINT8": np.uint8}[datatype])
        tensor = InferInput("pixels", list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary_input)
        request = InferRequest("digits", [tensor], request_id="q", request_outputs=outputs)
        answer = await v2.infer(url, request, "digits")
        (found,) = [output.as_numpy() for output in answer.outputs if output.name == "activations"]
        difference = np.abs(found.reshape(count, 10).astype(np.float32) - activations[:count]).max()
        assert difference <= (1e-6 if count > 1 else 0)
        assert (answer.id, answer.model_name) == ("q", "digits")


async def test_v2_reads_pictures(v2: InferenceRESTClient, url: str, activations: Expected) -> None:
    """As BYTES."""
    tensor = InferInput("image", [2], "BYTES")
    tensor.set_data_from_numpy(np.array(PNGS[:2], dtype=object), binary_data=True)
    answer = await v2.infer(url, InferRequest("digits", [tensor]), "digits")
    found = next(output.as_numpy() for output in answer.outputs if output.name == "digit")
    assert found.tolist() == activations[:2].argmax(axis=1).tolist()


async def test_errors_are_sentences(v1: InferenceRESTClient, v2: InferenceRESTClient, url: str) -> None:
    """The exception holds what was expected."""
    with pytest.raises(httpx.HTTPStatusError, match="expected instances to be a list"):
        await v1.infer(url, {"instances": 1}, "digits")
    with pytest.raises(httpx.HTTPStatusError, match="expected inputs to be a list"):
        await v2.infer(url, {"inputs": []}, "digits")
    with pytest.raises(httpx.HTTPStatusError, match="expected the model digits"):
        await v2.infer(url, {"inputs": []}, "other")
