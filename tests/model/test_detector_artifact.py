"""The detector in the artifact: beside the network, and checked as strictly."""

from typing import Any

import numpy as np
import pytest

from model.artifact import Artifact, assemble, digest_of, encode_weights
from model.calibration import Calibration
from model.detector import detector_sizes
from model.errors import ArtifactCorrupt
from model.manifest import make_manifest
from model.network import Network
from model.parameters import Parameters
from model.predictor import Predictor


@pytest.fixture(scope="module")
def network() -> Network:
    """A small network."""
    return Network.create((6,), "relu", np.random.default_rng(0))


def random_detector(sizes: tuple[int, ...]) -> Network:
    """A detector that knows nothing."""
    parameters = Parameters.zeros(sizes)
    parameters.vector[:] = np.random.default_rng(1).normal(0, 0.1, parameters.vector.size)
    return parameters.freeze(["relu", "softmax"])


def published(network: Network, detector: Network | None, weights: bytes | None = None) -> Artifact:
    """The artifact of a network and a detector, perhaps with other weights than they have."""
    calibration = Calibration(0.6, detector, 1.2, 3.0, 0.7, ((0.01, 0.8),))
    data = encode_weights(network, detector) if weights is None else weights
    manifest: dict[str, Any] = {
        **make_manifest(network, calibration, {}, {}), "version": "1", "weights": {"digest": digest_of(data)}
    }  # fmt: skip
    return assemble(manifest, data)


def test_a_detector_comes_back_bit_for_bit(network: Network) -> None:
    """With its numbers, closed against writing; and the readings are the same as before."""
    detector = random_detector(detector_sizes(network))
    artifact = published(network, detector)
    found = artifact.calibration.detector
    assert found is not None
    for layer, original in zip(found.layers, detector.layers, strict=True):
        np.testing.assert_array_equal(layer.weight, original.weight)
        assert not layer.weight.flags.writeable
    before = Artifact(network, Calibration(0.6, detector, 1.2, 3.0, 0.7, ((0.01, 0.8),)), artifact.manifest)
    pixels = np.random.default_rng(2).integers(0, 256, (3, 784), np.uint8)
    readings = [Predictor(one).read(pixels, [None] * 3) for one in (before, artifact)]
    assert [r.confidence for r in readings[0]] == [r.confidence for r in readings[1]]


def test_the_network_stays_as_simple_to_read(network: Network) -> None:
    """Its own tensors have the same names and bytes, with a detector or without."""
    from safetensors.numpy import load

    detector = random_detector(detector_sizes(network))
    plain, whole = load(encode_weights(network)), load(encode_weights(network, detector))
    assert {name for name in whole if not name.startswith("detector.")} == set(plain)
    for name, tensor in plain.items():
        np.testing.assert_array_equal(whole[name], tensor)


def test_a_detector_that_the_manifest_does_not_name_is_refused(network: Network) -> None:
    """Nothing may hide in a weights file."""
    detector = random_detector(detector_sizes(network))
    with pytest.raises(ArtifactCorrupt, match="expected 4 tensors, got 8"):
        published(network, None, encode_weights(network, detector))


def test_a_detector_that_is_missing_is_refused(network: Network) -> None:
    """A network without the detector it was calibrated with would be sure of letters."""
    with pytest.raises(ArtifactCorrupt, match=r"expected detector\.layers\.0\.weight"):
        published(network, random_detector(detector_sizes(network)), encode_weights(network))


def test_a_detector_of_another_shape_is_refused(network: Network) -> None:
    """It belongs to another network."""
    sizes = detector_sizes(network)
    with pytest.raises(ArtifactCorrupt, match=r"expected detector\.layers\.0\.weight to be \(790, 128\)"):
        published(network, random_detector((sizes[0] + 1, *sizes[1:])))


def test_a_detector_with_numbers_that_are_not_finite_is_refused(network: Network) -> None:
    """As for the network's own weights."""
    parameters = Parameters.zeros(detector_sizes(network))
    parameters.biases[1][0] = np.nan
    with pytest.raises(ArtifactCorrupt, match="expected finite numbers in detector"):
        published(network, parameters.freeze(["relu", "softmax"]))
