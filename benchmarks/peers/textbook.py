"""A digit service as a FastAPI tutorial would write it."""

from typing import Any

from fastapi import FastAPI, UploadFile
from network import Network, as_answer, decoded

app = FastAPI()
network = Network()


@app.post("/predict")
async def predict(file: UploadFile) -> dict[str, Any]:
    """Read one picture."""
    return as_answer(network(decoded(await file.read())))
