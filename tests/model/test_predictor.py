"""Reading: digit, confidence, and when not to trust it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.arrays import Bytes
from model.artifact import Artifact
from model.calibration import Calibration
from model.detector import detector_sizes
from model.errors import ConfigInvalid, ShapeMismatch
from model.network import Network
from model.parameters import Parameters
from model.pixels import Normalised
from model.predictor import Policy, Predictor

Make = Callable[..., Predictor]


def brightness_detector(network: Network) -> Network:
    """A detector that takes a picture for a digit if its first pixel is bright: score 20 x brightness - 10."""
    parameters = Parameters.zeros(detector_sizes(network))
    parameters.weights[0][network.layers[-1].weight.shape[0], 0] = 1
    parameters.weights[1][0, 1], parameters.biases[1][1] = 20, -10
    return parameters.freeze(["relu", "softmax"])


def predictor(policy: Policy | None = None, **changes: Any) -> Predictor:
    """A small random network that is rather sure of itself."""
    network = Network.create((12,), "relu", np.random.default_rng(4))
    calibration = Calibration(0.05, brightness_detector(network), least_confidence=0.5)
    manifest = {"version": "7", "weights": {"digest": "sha256:00"}}
    return Predictor(Artifact(network, replace(calibration, **changes), manifest), policy)


def pictures(n: int, first: int = 255) -> Bytes:
    """Random pictures whose first pixel is as given."""
    pixels = np.random.default_rng(5).integers(0, 256, (n, 784), np.uint8)
    pixels[:, 0] = first
    return pixels


def found(**changes: Any) -> Normalised:
    """What the normaliser says of a fine digit."""
    one = Normalised(np.zeros((28, 28), np.uint8), False, (0, 0, 28, 28), False, 1)
    return replace(one, **changes)


def test_a_digit_is_read_with_its_probability() -> None:
    """The digit is where the activation is greatest, and confidence nearly that activation when it is surely a digit."""
    for reading in predictor().read(pictures(20), [None] * 20):
        assert reading.digit == int(reading.activations.argmax())
        assert reading.confidence == pytest.approx(reading.activations.max(), abs=1e-4)
        assert reading.activations.sum() == pytest.approx(1, abs=1e-5)
        assert reading.abstained == (reading.confidence < 0.5)


def test_what_the_detector_takes_for_no_digit_scores_low() -> None:
    """However sure the network is which digit it would be, and activations still have sum 1."""
    for reading in predictor().read(pictures(20, first=0), [None] * 20):
        assert reading.confidence < 0.001
        assert reading.reason == "not_a_digit"
        assert reading.activations.sum() == pytest.approx(1, abs=1e-5)


def test_two_readings_close_are_ambiguous() -> None:
    """A digit, surely, but the network hesitates: a high temperature makes all ten alike."""
    reading = predictor(temperature=500.0).read(pictures(1), [None])[0]
    assert reading.reason == "ambiguous"


@pytest.mark.parametrize("note", [None, found(), found(blank=True)])
def test_a_blank_picture_is_blank(note: Normalised | None) -> None:
    """Without ink there is nothing to be right about, and no policy changes that."""
    reading = predictor().read(np.zeros((1, 784), np.uint8), [note])[0]
    assert (reading.reason, reading.confidence) == ("blank", 0.0)
    assert reading.at(0.0).reason == "blank"


def test_the_normaliser_can_find_a_picture_blank() -> None:
    """Paper has texture; what the network would make of it does not count."""
    assert predictor().read(pictures(1), [found(blank=True)])[0].reason == "blank"


@pytest.mark.parametrize("components", [0, 2, 5])
def test_several_digits_or_a_tangle_are_no_digit(components: int) -> None:
    """Under every policy, with a confidence below a tenth."""
    reading = predictor().read(pictures(1), [found(components=components)])[0]
    assert reading.reason == "not_a_digit"
    assert reading.confidence <= 0.1
    assert reading.at(0.0).abstained


def test_a_policy_moves_the_threshold() -> None:
    """Of a predictor, or afterwards on a reading; always the same answer."""
    pixels, notes = pictures(40), [None] * 40
    strict = predictor(Policy(least_confidence=0.95)).read(pixels, list(notes))
    after = [reading.at(0.95) for reading in predictor().read(pixels, list(notes))]
    reasons = [reading.reason for reading in strict]
    assert reasons == [reading.reason for reading in after]
    assert sum(reason is not None for reason in reasons) > 0
    assert all((reading.confidence < 0.95) == reading.abstained for reading in strict)


def test_a_share_of_good_digits_to_abstain_from_is_a_policy() -> None:
    """It becomes the confidence that the calibration measured for this share."""
    measured = predictor(abstained=((0.01, 0.3), (0.1, 0.97)))
    assert measured.least_confidence(Policy(abstain_share=0.1)) == pytest.approx(0.97)
    assert measured.least_confidence(Policy()) == 0.5
    with pytest.raises(ConfigInvalid, match="calibrated"):
        predictor(Policy(abstain_share=0.1))


@pytest.mark.parametrize(
    ("field", "value"),
    [("least_confidence", 1.5), ("least_confidence", float("nan")), ("abstain_share", -1.0)],
)
def test_a_policy_out_of_range_is_refused(field: str, value: float) -> None:
    """The error names the field."""
    with pytest.raises(ConfigInvalid, match=field):
        Policy(**{field: value})


def test_a_batch_reads_as_its_pictures_do() -> None:
    """Company changes at most the last bits."""
    pixels = np.concatenate([pictures(8), pictures(4, first=0), np.zeros((1, 784), np.uint8)])
    notes = [None] * 12 + [found()]
    together = predictor().read(pixels, list(notes))
    for i, reading in enumerate(together):
        alone = predictor().read(pixels[i : i + 1], [notes[i]])[0]
        assert (alone.digit, alone.reason) == (reading.digit, reading.reason)
        assert alone.confidence == pytest.approx(reading.confidence, abs=1e-5)


def test_pictures_and_notes_must_be_as_many() -> None:
    """A caller's mistake is loud."""
    with pytest.raises(ValueError, match="zip"):
        predictor().read(pictures(3), [None] * 2)
    with pytest.raises(ShapeMismatch, match=r"expected \(batch, 784\)"):
        predictor().read(np.zeros((2, 700), np.uint8), [None] * 2)


def test_layers_end_with_the_calibrated_outputs() -> None:
    """Inputs first; the last are the activations that a reading has."""
    pixels = pictures(1)
    layers = predictor().layers(pixels[0])
    assert [len(layer) for layer in layers] == [784, 12, 10]
    np.testing.assert_allclose(layers[-1], predictor().read(pixels, [None])[0].activations, atol=1e-6)
