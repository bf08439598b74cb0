"""A custom runtime of MLServer; its settings are written by the benchmark."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from network import Network


class Digits(MLModel):  # type: ignore[misc]
    """Takes pixels, gives activations."""

    async def load(self) -> bool:
        """Load the weights."""
        self.network = Network()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Read the pictures of one request, or of several that MLServer put together."""
        pixels = NumpyCodec.decode_input(payload.inputs[0])
        outputs = [NumpyCodec.encode_output("activations", self.network(pixels.reshape(-1, 784)))]
        return InferenceResponse(model_name=self.name, outputs=outputs)
