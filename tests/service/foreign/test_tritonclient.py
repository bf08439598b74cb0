"""The client of Triton: every call it has for health, metadata, configuration, statistics, repository and inference."""

import base64
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import pytest
import tritonclient.http as triton
from numpy.typing import NDArray
from tritonclient.utils import InferenceServerException

from tests.service.foreign.conftest import GREYS, PNGS

Client: TypeAlias = triton.InferenceServerClient
Expected = NDArray[np.float32]


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    """Triton's own client."""
    client = Client(url.removeprefix("http://"), network_timeout=60, connection_timeout=60)
    yield client
    client.close()


def infer(client: Client, array: NDArray[Any], datatype: str, *, binary: bool = True, **options: Any) -> Any:
    """Ask for all pictures of an array at once."""
    name = "image" if datatype == "BYTES" else "pixels"
    tensor = triton.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=binary)
    return client.infer("digits", [tensor], **options)


def objects(values: list[bytes]) -> NDArray[np.object_]:
    """An array of bytes, as the client wants it."""
    return np.array(values, dtype=object)


FORMS: dict[str, tuple[Callable[[int], NDArray[Any]], str, bool]] = {
    "floats": (lambda n: GREYS[:n].reshape(n, 784).astype(np.float32), "FP32", True),
    "floats of 28x28": (lambda n: GREYS[:n].astype(np.float32), "FP32", True),
    "floats in JSON": (lambda n: GREYS[:n].astype(np.float32), "FP32", False),
    "bytes": (lambda n: GREYS[:n].reshape(n, 784), "UINT8", True),
    "bytes in JSON": (lambda n: GREYS[:n], "UINT8", False),
    "pictures": (lambda n: objects(PNGS[:n]), "BYTES", True),
    "pictures in JSON": (lambda n: objects([base64.b64encode(p) for p in PNGS[:n]]), "BYTES", False),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("answer", ["by default", "binary", "JSON"])
def test_every_form_gives_what_predict_gives(
    client: Client, predictions: list[dict[str, Any]], activations: Expected, form: str, answer: str
) -> None:
    """A lone picture to the bit, 32 to rounding; outputs have the types they are said to have."""
    names = ("digit", "activations", "confidence")
    outputs = [triton.InferRequestedOutput(name, binary_data=answer == "binary") for name in names]
    make, datatype, binary = FORMS[form]
    for count in (1, 32):
        asked = None if answer == "by default" else outputs
        result = infer(client, make(count), datatype, binary=binary, outputs=asked)
        found = result.as_numpy("activations")
        assert (found.dtype, found.shape) == (np.float32, (count, 10))
        assert np.abs(found - activations[:count]).max() <= (1e-6 if count > 1 else 0)
        assert result.as_numpy("digit").dtype == np.int64
        assert result.as_numpy("digit").tolist() == [p["digit"] for p in predictions[:count]]
        assert np.allclose(
            result.as_numpy("confidence"), [p["confidence"] for p in predictions[:count]], atol=1e-6
        )


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_both_sides_may_compress(client: Client, activations: Expected, algorithm: str) -> None:
    """With an id and a version in the path besides."""
    result = infer(
        client,
        GREYS,
        "UINT8",
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
        request_id="abc",
        model_version="1",
    )
    assert np.abs(result.as_numpy("activations") - activations).max() <= 1e-6
    assert (result.get_response()["id"], result.get_response()["model_version"]) == ("abc", "1")


def test_outputs_may_be_few_and_requests_asynchronous(client: Client) -> None:
    """Only what was asked for comes; parameters of the client's own are no matter."""
    outputs = [triton.InferRequestedOutput("digit")]
    result = infer(client, GREYS, "UINT8", outputs=outputs, parameters={"mine": 1}, priority=2, timeout=10**6)
    assert result.as_numpy("activations") is None
    tensor = triton.InferInput("pixels", [1, 28, 28], "UINT8")
    tensor.set_data_from_numpy(GREYS[:1])
    later = client.async_infer("digits", [tensor])
    assert later.get_result().as_numpy("digit").tolist() == result.as_numpy("digit")[:1].tolist()


def test_health_metadata_and_configuration(client: Client) -> None:
    """Every call answers, with and without a version."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert [client.is_model_ready("digits", version) for version in ("", "1", "99")] == [True, True, False]
    assert not client.is_model_ready("other")
    assert client.get_server_metadata()["name"] == "numeral"
    for version in ("", "1"):
        assert client.get_model_metadata("digits", version)["name"] == "digits"
        assert client.get_model_config("digits", version)["max_batch_size"] == 256


def test_statistics_count_this_client(client: Client) -> None:
    """One more request and 32 more pictures than before."""

    def counts() -> tuple[int, int]:
        (stats,) = client.get_inference_statistics("digits", "1")["model_stats"]
        return stats["inference_count"], stats["inference_stats"]["success"]["count"]

    infer(client, GREYS, "UINT8")
    pictures, requests = counts()
    infer(client, GREYS, "UINT8")
    assert counts() == (pictures + 32, requests + 1)
    assert client.get_inference_statistics()["model_stats"]


def test_the_repository(client: Client) -> None:
    """Index, load and unload; what serves stays."""
    assert [entry["version"] for entry in client.get_model_repository_index()] == ["1", "2"]
    client.load_model("digits")
    client.load_model("digits", config='{"version": "2", "alias": "shadow"}')
    client.load_model("untrained")
    client.unload_model("untrained")
    for name in ("digits", "production", "1"):
        with pytest.raises(InferenceServerException, match="expected a version that does not serve"):
            client.unload_model(name)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda c: infer(c, GREYS[:, :10].astype(np.float32), "FP32"), "expected pixels of shape"),
        (lambda c: infer(c, objects([b"no picture"]), "BYTES"), "expected a PNG"),
        (lambda c: infer(c, GREYS, "UINT8", model_version="77"), "expected a version that exists"),
        (
            lambda c: infer(c, GREYS, "UINT8", outputs=[triton.InferRequestedOutput("x")]),
            "expected each output",
        ),
        (
            lambda c: c.infer("other", [triton.InferInput("pixels", [1, 784], "FP32")]),
            "expected the model digits",
        ),
        (lambda c: c.get_model_metadata("other"), "expected the model digits"),
        (lambda c: c.load_model("nothing"), "expected an alias that exists"),
        (lambda c: c.get_inference_statistics("digits", "9"), "expected a version that exists"),
    ],
)
def test_errors_are_sentences(client: Client, call: Callable[[Client], object], sentence: str) -> None:
    """The client shows what was expected, not that it could not read the answer."""
    with pytest.raises(InferenceServerException, match=sentence):
        call(client)
