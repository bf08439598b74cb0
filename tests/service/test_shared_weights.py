"""Weights in memory that forked processes share."""

import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from model.artifact import Artifact
from model.predictor import Predictor
from model.registry import Registry
from model.shipped import seed
from service.shared_weights import SharedWeights


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The shipped network."""
    registry = Registry.open(tmp_path_factory.mktemp("store"))
    seed(registry)
    return registry.load("1")


def arrays(artifact: Artifact) -> list[np.ndarray]:
    """All of its arrays."""
    networks = [artifact.network, artifact.calibration.detector]
    return [
        a for network in networks if network for layer in network.layers for a in (layer.weight, layer.bias)
    ]


def in_a_fork(work: "object") -> int:
    """Run it in a forked process; return its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if work() else 2  # type: ignore[operator]
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_what_one_process_places_another_one_finds(artifact: Artifact) -> None:
    """The numbers are the same, lie in the same memory, and cannot be written."""
    weights, own = SharedWeights(), arrays(artifact)
    before = weights._memory[:]
    assert in_a_fork(lambda: weights.place(artifact.digest, own) is not own) == 0
    written = weights._memory[:]
    assert written != before
    placed = weights.place(artifact.digest, own)
    assert weights._memory[:] == written
    for mine, shared in zip(own, placed, strict=True):
        np.testing.assert_array_equal(mine, shared)
        assert not shared.flags.writeable
        assert not shared.flags.owndata
        assert shared.ctypes.data % 64 == 0


def test_a_predictor_reads_from_where_its_weights_are_placed(artifact: Artifact) -> None:
    """All that a reading needs lies there, and answers are the same to the bit."""
    weights = SharedWeights()
    memory = np.frombuffer(weights._memory, np.uint8)
    placed = Predictor(artifact, place=partial(weights.place, artifact.digest))
    for layer in placed.artifact.network.layers:
        for array in (layer.weight, layer.bias):
            assert np.shares_memory(array, memory)
    pixels = np.random.default_rng(1).integers(0, 256, (3, 784)).astype(np.uint8)
    for mine, shared in zip(
        *(p.read(pixels, [None] * 3) for p in (Predictor(artifact), placed)), strict=True
    ):
        assert mine.activations.tobytes() == shared.activations.tobytes()
        assert mine.confidence == shared.confidence


def test_without_room_a_process_keeps_its_own(artifact: Artifact) -> None:
    """Nothing is entered then."""
    weights, own = SharedWeights(1 << 20), arrays(artifact)
    before = weights._memory[:]
    assert weights.place(artifact.digest, own) is own
    assert weights._memory[:] == before


def test_other_numbers_under_the_same_digest_are_not_taken(artifact: Artifact) -> None:
    """A process believes its own verified copy."""
    weights, own = SharedWeights(), arrays(artifact)
    place = (
        weights.place(artifact.digest, own)[0].ctypes.data
        - np.frombuffer(weights._memory, np.uint8).ctypes.data
    )
    weights._memory[place : place + 4] = b"\0\0\x80\x3f"
    assert weights.place(artifact.digest, own) is own


def test_a_process_that_dies_with_the_lock_leaves_it(artifact: Artifact) -> None:
    """And what it had half written does not count."""
    weights, own = SharedWeights(), arrays(artifact)

    def die() -> None:
        with weights._locked():
            weights._views(8192, [np.ones(5, np.float32)])[0][:] = 7
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_fork(die) == -signal.SIGKILL
    placed = weights.place(artifact.digest, own)
    assert placed is not own
    np.testing.assert_array_equal(placed[0], own[0])


def test_a_few_versions_share_the_memory(artifact: Artifact, tmp_path: Path) -> None:
    """Each has a place of its own."""
    registry = Registry.open(tmp_path)
    seed(registry)
    weights, other = SharedWeights(), registry.load("2")
    first, second = (weights.place(one.digest, arrays(one)) for one in (artifact, other))
    np.testing.assert_array_equal(first[0], arrays(artifact)[0])
    np.testing.assert_array_equal(second[0], arrays(other)[0])
