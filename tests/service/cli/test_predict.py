"""``numeral predict``."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import sources
from tests.service.cli.commands import json_of, numeral


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five test digits as PNG files, named by their labels."""
    folder = tmp_path_factory.mktemp("pictures")
    test = sources.load_test()
    paths = []
    for i in range(5):
        paths.append(folder / f"{test.labels[i]}_{i}.png")
        Image.fromarray(test.images[i].reshape(28, 28)).save(paths[-1])
    return paths


def test_pictures_are_read_in_this_process(pictures: list[Path], tmp_path: Path) -> None:
    """One line a picture, in order, with ten activations that sum to 1."""
    results = json_of("predict", *pictures, "--home", tmp_path)
    assert [result["digit"] for result in results] == [int(path.name[0]) for path in pictures]
    assert [result["image"] for result in results] == [str(path) for path in pictures]
    for result in results:
        assert np.sum(result["activations"]) == pytest.approx(1, abs=1e-5)
        assert result["model"]["version"] == "1"
        assert result["preprocessing"]["source_size"] == [28, 28]


def test_lines_for_people_name_digit_and_confidence(pictures: list[Path], tmp_path: Path) -> None:
    """File, digit, confidence."""
    result = numeral("predict", pictures[0], "--home", tmp_path)
    assert result.exit_code == 0
    assert f"{pictures[0]}: 7  confidence 0." in result.stdout


def test_a_file_that_is_no_picture_is_named_and_the_others_are_read(
    pictures: list[Path], tmp_path: Path
) -> None:
    """The exit status tells that something was wrong."""
    (tmp_path / "note.txt").write_text("hello")
    result = numeral("predict", tmp_path / "note.txt", tmp_path / "none.png", pictures[0], "--home", tmp_path)
    assert result.exit_code == 1
    assert "note.txt: expected a PNG" in result.stdout
    assert "none.png: No such file" in result.stdout
    assert ": 7  confidence" in result.stdout


def test_a_server_that_is_not_there_is_said_plainly(pictures: list[Path]) -> None:
    """No traceback when nobody listens."""
    result = numeral("predict", pictures[0], "--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "expected an answer from http://127.0.0.1:9, got none: " in result.stdout


def test_a_url_that_is_none_is_said_in_one_sentence(pictures: list[Path]) -> None:
    """Not by a traceback."""
    result = numeral("predict", pictures[0], "--url", "http://127.0.0.1:80a")
    assert (result.exit_code, result.stderr) == (
        1,
        "numeral: expected the URL of a service, such as http://127.0.0.1:8000\n",
    )
