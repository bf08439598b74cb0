"""Triton through PyTriton, with dynamic batches; start as ``python triton_server.py PORT``."""

import sys
from typing import Any

import numpy as np
from network import Network
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

network = Network()


@batch  # type: ignore[misc]
def infer(pixels: Any) -> dict[str, Any]:
    """Read (batch, 784) pixels."""
    return {"activations": network(pixels)}


if __name__ == "__main__":
    port = int(sys.argv[1])
    config = TritonConfig(
        http_address="127.0.0.1", http_port=port, grpc_port=port + 1, metrics_port=port + 2, log_verbose=0
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name="digits",
            infer_func=infer,
            inputs=[Tensor(name="pixels", dtype=np.uint8, shape=(784,))],
            outputs=[Tensor(name="activations", dtype=np.float32, shape=(10,))],
            config=ModelConfig(max_batch_size=64, batcher=DynamicBatcher(max_queue_delay_microseconds=100)),
        )
        triton.serve()
