"""What the model ``digits`` says of itself in the protocols of other model servers."""

from typing import Any

from model.form import PIXELS
from service.protocols.v2_request import OUTPUTS

MODEL = "digits"
PLATFORM = "numeral_numpy"
EXTENSIONS = ["binary_tensor_data", "model_configuration", "model_repository", "parameters", "statistics"]

_OUTPUT_SHAPES = {"activations": [-1, 10], "digit": [-1], "confidence": [-1]}


def metadata(versions: list[str]) -> dict[str, Any]:
    """Return the model metadata; a request brings one of the two inputs."""
    return {
        "name": MODEL,
        "versions": versions,
        "platform": PLATFORM,
        "inputs": [
            {"name": "pixels", "datatype": "FP32", "shape": [-1, PIXELS]},
            {"name": "image", "datatype": "BYTES", "shape": [-1]},
        ],
        "outputs": [
            {"name": name, "datatype": datatype, "shape": _OUTPUT_SHAPES[name]}
            for name, datatype in OUTPUTS.items()
        ],
    }


def config(most: int) -> dict[str, Any]:
    """Return the model configuration in the form Triton's clients know; dimensions are without that of the batch.

    Args:
        most: pictures in one request.
    """
    outputs = {
        "activations": ("TYPE_FP32", [10]),
        "digit": ("TYPE_INT64", []),
        "confidence": ("TYPE_FP32", []),
    }
    return {
        "name": MODEL,
        "platform": PLATFORM,
        "backend": "numeral",
        "max_batch_size": most,
        "version_policy": {"all": {}},
        "input": [
            {"name": "pixels", "data_type": "TYPE_FP32", "dims": [PIXELS], "optional": True},
            {"name": "image", "data_type": "TYPE_STRING", "dims": [], "optional": True},
        ],
        "output": [
            {"name": name, "data_type": datatype, "dims": dims} for name, (datatype, dims) in outputs.items()
        ],
        "dynamic_batching": {"max_queue_delay_microseconds": 0},
    }
