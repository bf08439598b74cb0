"""``numeral evaluate``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from model import sources
from model.assessing import Seen
from service.cli.evaluate_remote import BYTES, PICTURES, RemoteEvaluation, blocks
from service.cli.remote import Remote, RemoteError
from tests.service.cli.commands import json_of, numeral
from tests.service.server_process import ServerProcess, running_server


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A service with the shipped network."""
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


def test_a_running_service_gives_the_same_figures(
    server: ServerProcess, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Digits, folder and policy: what comes out of the answers is what comes out in this process, and the report has pictures."""
    few = sources.load_test().take(slice(0, 150))
    monkeypatch.setattr(sources, "load_test", lambda: few)
    (folder / "7_torn.png").write_bytes(b"torn")
    words = ("evaluate", folder, "--least-confidence", "0.95")
    report = tmp_path / "report.html"
    (here,) = json_of(*words, "--home", tmp_path)
    (there,) = json_of(*words, "--url", server.url, "--report", report, "--no-robustness")
    (folder / "7_torn.png").unlink()
    assert there["model"] == here["model"]
    assert [one["unreadable"] for one in (here["sets"][1], there["sets"][1])] == [1, 1]
    for ours, theirs in zip(here["sets"], there["sets"], strict=True):
        assert theirs["reasons"] == ours["reasons"]
        assert theirs["error"] == ours["error"]
        assert theirs["calibration_error"] == pytest.approx(ours["calibration_error"], abs=1e-3)
    assert "data:image/png" in report.read_text()


def test_a_service_that_refuses_is_said_plainly(server: ServerProcess) -> None:
    """A version that it does not have."""
    result = numeral("evaluate", "--url", server.url, "--version", "99")
    assert result.exit_code == 1
    assert "numeral: expected a version" in result.stderr


def test_requests_are_small_enough() -> None:
    """No more pictures and bytes than a request may have; nothing is lost or turned round."""
    files = [bytes([i % 251]) * (BYTES // 3 if i < 5 else 10) for i in range(200)]
    made = list(blocks(files))
    assert [file for block in made for file in block] == files
    assert all(len(block) <= PICTURES for block in made)
    assert all(sum(map(len, block)) <= BYTES or len(block) == 1 for block in made)
    assert list(blocks([b"x" * (BYTES + 1)])) == [[b"x" * (BYTES + 1)]]
    assert list(blocks([])) == []


class Answering(Remote):
    """A service that goes over to another version after its first answer, or loses one."""

    def __init__(self, answers: list[list[dict[str, Any]]]) -> None:
        super().__init__("http://127.0.0.1:9")
        self._answers = iter(answers)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Return the next answer."""
        assert (method, path) == ("POST", "/predict/batch")
        assert "files" in options
        return {"predictions": next(self._answers)}


def answer(version: str) -> dict[str, Any]:
    """One picture, read by this version."""
    return {"digit": 3, "confidence": 0.5, "reason": None, "model": {"version": version, "digest": "d"}}


def test_one_version_must_read_everything() -> None:
    """Figures of two versions would be nobody's; neither may an answer be missing."""
    steady = RemoteEvaluation(Answering([[answer("1")], [answer("1")]]), {}, pictures=False)
    assert all(isinstance(one, Seen) for one in [*steady.read([b"x"]), *steady.read([b"y"])])
    moving = RemoteEvaluation(Answering([[answer("1")], [answer("2")]]), {}, pictures=False)
    moving.read([b"x"])
    with pytest.raises(RemoteError, match="expected version 1 to read everything, got 2 too"):
        moving.read([b"y"])
    with pytest.raises(RemoteError, match="expected 1 answers, got 0"):
        RemoteEvaluation(Answering([[]]), {}, pictures=False).read([b"x"])
