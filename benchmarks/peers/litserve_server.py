"""LitServe with batches; start as ``python litserve_server.py PORT``."""

import sys
from typing import Any

import litserve
import numpy as np
from fastapi import Request
from network import Network, as_answer, decoded


class Digits(litserve.LitAPI):  # type: ignore[misc]
    """Decode, batch, predict, unbatch, encode."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's signature
        """Load the weights."""
        self.network = Network()

    def decode_request(self, request: Request) -> Any:
        """Return the pixels of the uploaded file; LitServe hands the form over."""
        return decoded(request["file"].file.read())[0]

    def batch(self, inputs: list[Any]) -> Any:
        """Return (batch, 784)."""
        return np.stack(inputs)

    def predict(self, x: Any) -> Any:
        """Return (batch, 10)."""
        return self.network(x)

    def unbatch(self, output: Any) -> list[Any]:
        """Return one row for each request."""
        return list(output)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """Return what a client gets."""
        return as_answer(output[None])


if __name__ == "__main__":
    api = Digits(max_batch_size=32, batch_timeout=0.001)
    server = litserve.LitServer(api, accelerator="cpu", timeout=60)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
