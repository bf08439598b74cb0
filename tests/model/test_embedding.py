"""Reading digits inside another program: every kind of picture, every place a network can be."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model import Reading, load
from model.embedding import Picture, Recogniser
from model.errors import ImageCorrupt, ShapeMismatch, StoreUnavailable, UnsupportedImage, VersionNotFound
from model.registry import Registry
from model.shipped import seed
from model.sources import load_test

SEVEN = load_test().images[0].reshape(28, 28)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """The network that comes with the package."""
    return load("production")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set where the tests run is not theirs."""
    monkeypatch.delenv("NUMERAL_HOME", raising=False)
    monkeypatch.delenv("NUMERAL_STORE_URL", raising=False)


def large(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture of 280x280, dark on light."""
    return np.kron(255 - grey, np.ones((10, 10), np.uint8))


def png(grey: NDArray[np.uint8]) -> bytes:
    """A PNG file."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()


def transparent(grey: NDArray[np.uint8]) -> Image.Image:
    """Black ink on nothing."""
    return Image.merge("LA", (Image.new("L", (28, 28)), Image.fromarray(grey)))


PICTURES: dict[str, Picture] = {
    "bytes": png(SEVEN),
    "a bytearray": bytearray(png(large(SEVEN))),
    "a memoryview": memoryview(png(SEVEN)),
    "28x28 numbers": SEVEN,
    "784 numbers": SEVEN.reshape(-1),
    "floats": SEVEN.astype(np.float64),
    "a grey array": large(SEVEN),
    "an RGB array": np.dstack([large(SEVEN)] * 3),
    "an RGBA array": np.dstack([*[large(SEVEN)] * 3, np.full((280, 280), 255, np.uint8)]),
    **{f"a Pillow image of mode {mode}": Image.fromarray(large(SEVEN)).convert(mode)
       for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "F", "I", "HSV")},
    "a transparent Pillow image": transparent(SEVEN),
}  # fmt: skip


@pytest.mark.parametrize("kind", PICTURES)
def test_every_kind_of_picture_is_read(recogniser: Recogniser, kind: str) -> None:
    """The same digit comes out, whatever form it came in."""
    reading = recogniser.predict(PICTURES[kind])
    assert (reading.digit, reading.abstained) == (7, False)
    assert reading.activations.sum() == pytest.approx(1, abs=1e-5)


def test_a_path_is_read(recogniser: Recogniser, tmp_path: Path) -> None:
    """As a path and as a string."""
    path = tmp_path / "seven.png"
    path.write_bytes(png(SEVEN))
    assert recogniser.predict(path).digit == recogniser.predict(str(path)).digit == 7
    with pytest.raises(FileNotFoundError):
        recogniser.predict(tmp_path / "none.png")


def test_a_turned_photo_is_set_upright(recogniser: Recogniser) -> None:
    """A Pillow image that remembers how the camera was held is read as its file would be."""
    turned = Image.fromarray(large(SEVEN)).transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6
    assert recogniser.predict(turned).digit == 7


def test_several_are_read_in_order(recogniser: Recogniser) -> None:
    """More than one forward pass takes; single readings differ by rounding at most."""
    images = load_test().images[:100]
    readings = recogniser.predict_all(images)
    assert len(readings) == 100
    assert all(isinstance(reading, Reading) for reading in readings)
    for reading, image in list(zip(readings, images, strict=True))[::25]:
        assert np.abs(reading.activations - recogniser.predict(image).activations).max() <= 1e-6
    assert recogniser.predict_all([]) == []


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (b"no picture", UnsupportedImage),
        (png(SEVEN)[:50], ImageCorrupt),
        (np.zeros((28, 28, 2), np.uint8), ShapeMismatch),
        (np.zeros((40, 30)), ShapeMismatch),
        (np.zeros((0, 5), np.uint8), ShapeMismatch),
        (np.full(784, 256.0), ShapeMismatch),
        (np.full(784, np.nan), ShapeMismatch),
        (np.zeros(784, bool), ShapeMismatch),
    ],
)
def test_what_is_no_picture_is_refused(
    recogniser: Recogniser, picture: Picture, error: type[Exception]
) -> None:
    """With an error that says what was expected."""
    with pytest.raises(error, match="expected"):
        recogniser.predict(picture)


def test_a_home_is_read_by_version_and_alias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home of a service, its store, or where the environment says."""
    seed(Registry.open(tmp_path / "store"))
    assert load("untrained", home=tmp_path).version == "2"
    assert load("2", home=str(tmp_path / "store")).digest == load("untrained", tmp_path).digest
    monkeypatch.setenv("NUMERAL_HOME", str(tmp_path))
    assert load("untrained").version == "2"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """No store, no such version, and only production without a home; nothing is made on the way."""
    with pytest.raises(StoreUnavailable, match="expected the home"):
        load(home=tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(VersionNotFound):
        load("shadow")
    seed(Registry.open(tmp_path / "store"))
    with pytest.raises(VersionNotFound):
        load("9", home=tmp_path)


def test_importing_the_package_loads_nothing() -> None:
    """A program that only names it pays nothing; what it asks for is there."""
    code = "import sys, model; print('numpy' in sys.modules); model.load; print('numpy' in sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert run.stdout.split() == [b"False", b"True"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        __import__("model").nothing  # noqa: B018 - it must raise


def test_a_home_below_the_own_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written with a tilde, as people write it."""
    seed(Registry.open(tmp_path / "numeral-home" / "store"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(home="~/numeral-home").predict(SEVEN).digit == 7
