"""``numeral evaluate``."""

from pathlib import Path

import pytest
from PIL import Image

from model import sources
from tests.service.cli.commands import json_of, numeral


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five test digits as PNG files, named by their labels."""
    folder = tmp_path_factory.mktemp("digits")
    test = sources.load_test()
    for i in range(5):
        Image.fromarray(test.images[i].reshape(28, 28)).save(folder / f"{test.labels[i]}_{i}.png")
    return folder


def test_figures_are_those_of_the_manifest(folder: Path, tmp_path: Path) -> None:
    """The test error of the shipped network, measured again, and the folder's beside it."""
    (result,) = json_of("evaluate", folder, "--home", tmp_path)
    (version,) = json_of("models", "1", "--home", tmp_path)
    mnist, own = result["sets"]
    assert mnist["images"] == 10_000
    assert mnist["error"] == pytest.approx(version["metrics"]["test_error"], abs=2e-4)
    low, high = mnist["error_interval"]
    assert low < mnist["error"] < high
    assert (own["name"], own["images"]) == (folder.name, 5)
    assert "robustness" not in result


def test_a_policy_changes_what_is_abstained_from(tmp_path: Path) -> None:
    """Nothing at confidence 0, a great deal at 0.9999."""
    shares = []
    for least in ("0", "0.9999"):
        (result,) = json_of("evaluate", "--least-confidence", least, "--home", tmp_path)
        shares.append(result["sets"][0]["abstained"])
    assert shares[0] == 0
    assert shares[1] > 0.2


def test_a_report_is_written(folder: Path, tmp_path: Path) -> None:
    """One HTML file that names the version; the lines for people say where it is."""
    report = tmp_path / "report.html"
    result = numeral("evaluate", folder, "--report", report, "--no-robustness", "--home", tmp_path)
    assert result.exit_code == 0, result.output
    assert "MNIST test digits: 10,000 pictures" in result.stdout
    assert f"report: {report}" in result.stdout
    page = report.read_text()
    assert "Numeral version 1: evaluation" in page
    assert page.count("<svg") == 6


def test_a_folder_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    """Exit status 1 and one sentence."""
    result = numeral("evaluate", tmp_path / "nowhere", "--home", tmp_path)
    assert result.exit_code == 1
    assert "numeral: expected a folder of pictures, got 'nowhere'" in result.stderr


def test_a_policy_out_of_range_is_said_plainly(tmp_path: Path) -> None:
    """The message names the setting."""
    result = numeral("evaluate", "--abstain-share", "2", "--home", tmp_path)
    assert result.exit_code == 1
    assert "abstain_share: expected 0 to 0.5, got 2" in result.stderr
