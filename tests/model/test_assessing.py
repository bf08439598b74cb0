"""Reading pictures whose truth is known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.artifact import Artifact
from model.assessing import assess_digits, assess_folder, reader_of
from model.assessment import NON_DIGIT
from model.dataset import Dataset
from model.errors import DataError
from model.predictor import Predictor
from model.training import Trained


@pytest.fixture(scope="module")
def predictor(small_trained: Trained) -> Predictor:
    """A small network, ready to read."""
    manifest = {"version": "3", "weights": {"digest": "sha256:00"}}
    return Predictor(Artifact(small_trained.network, small_trained.calibration, manifest))


def test_digits_are_read_as_the_predictor_reads_them(predictor: Predictor, mnist: Dataset) -> None:
    """In order, with their labels."""
    some = mnist.take(slice(0, 700))
    assessment = assess_digits(predictor, some, "some")
    readings = predictor.read(some.images, [None] * 700)
    assert assessment.digits.tolist() == [reading.digit for reading in readings]
    np.testing.assert_array_equal(assessment.labels, some.labels)
    assert assessment.figures()["error"] == pytest.approx(np.mean(assessment.digits != some.labels))


def test_a_folder_with_labels_holds_digits(predictor: Predictor, mnist: Dataset, tmp_path: Path) -> None:
    """In the file's name or the folder's; what is no picture is left out and named."""
    for i in range(6):
        picture = Image.fromarray(mnist.images[i].reshape(28, 28))
        path = (
            tmp_path / f"{mnist.labels[i]}_{i}.png" if i < 3 else tmp_path / str(mnist.labels[i]) / f"{i}.png"
        )
        path.parent.mkdir(exist_ok=True)
        picture.save(path)
    (tmp_path / "5_broken.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    assessment = assess_folder(reader_of(predictor), tmp_path)
    assert sorted(assessment.labels.tolist()) == sorted(mnist.labels[:6].tolist())
    assert assessment.real.all()
    assert [name for name, _ in assessment.unreadable] == ["5_broken.png"]
    assert assessment.figures()["unreadable"] == 1


def test_a_folder_without_labels_holds_no_digits(predictor: Predictor, tmp_path: Path) -> None:
    """Nothing there can be right; a blank picture is abstained from."""
    Image.new("L", (40, 40), 255).save(tmp_path / "letter_a.png")
    assessment = assess_folder(reader_of(predictor), tmp_path)
    assert assessment.labels.tolist() == [NON_DIGIT]
    assert assessment.reasons.tolist() == ["blank"]
    assert assessment.figures() == {
        "images": 1, "non_digits": 1, "non_digits_answered": 0.0, "non_digits_sure": 0.0
    }  # fmt: skip


def test_a_folder_without_pictures_is_refused(predictor: Predictor, tmp_path: Path) -> None:
    """Also a file, and a folder that is not there."""
    (tmp_path / "note.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "note.txt", tmp_path / "nowhere"):
        with pytest.raises(DataError, match="expected"):
            assess_folder(reader_of(predictor), path)
