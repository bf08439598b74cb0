"""How long a large picture waits for a thread that decodes it is told with it."""

import asyncio
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from service.bodies import Submission
from service.pictures import Pictures, Prepared

HELD = 0.05


def photo() -> bytes:
    """A digit on 400x400 pixels, with noise so that the file is no small one."""
    noise = np.random.default_rng(1).integers(200, 256, (400, 400), np.uint8)
    noise[80:320, 190:210] = 20
    file = BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


async def test_a_large_picture_tells_how_long_it_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind another one whose decoding takes its time."""
    pictures = Pictures(max_pixels=1_000_000, threads=1)
    prepare = pictures.prepare_now

    def slow(data: bytes) -> Prepared:
        time.sleep(HELD)
        return prepare(data)

    monkeypatch.setattr(pictures._decoders, "_decode", slow)
    began = time.perf_counter()
    first, second = await asyncio.gather(*(pictures.prepare(Submission(image=photo())) for _ in range(2)))
    taken = time.perf_counter() - began
    pictures.close()
    for found, least in ((first, HELD), (second, 2 * HELD)):
        assert least <= found.waited <= taken - found.decode - found.normalise
