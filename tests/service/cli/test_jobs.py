"""``numeral jobs`` and ``numeral train --remote``, against a service whose jobs are run by hand."""

import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from model.sources import load_test
from service import png
from service.attempts import Attempt
from service.cli.remote import Remote
from tests.service.cli.commands import json_of, numeral
from tests.service.homes import Home, until
from tests.service.server_process import ServerProcess, running_server

RESULT = {
    "version": "7",
    "digest": "sha256:1",
    "validation_error": 0.01,
    "gate": {"promoted": True, "reason": "significantly better"},
}
PROGRESS = {
    "epoch": 1,
    "epochs": 2,
    "fraction": 0.5,
    "loss": 0.25,
    "validation_error": 0.02,
    "images_per_second": 1000.0,
    "seconds_left": 3.0,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A service without a worker."""
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def home(server: ServerProcess) -> Iterator[Home]:
    """The stores behind it."""
    home = Home(server.log.parent)
    yield home
    home.close()


def work(home: Home, job_id: str, run: int = 1) -> None:
    """Run a job to a good end, by hand."""
    attempt = Attempt.claim(home.engine, job_id, run, "w")
    assert attempt is not None
    attempt.report(PROGRESS, milestone=True)
    attempt.succeed(RESULT)


def test_a_remote_training_is_watched_to_its_end(server: ServerProcess, home: Home) -> None:
    """Every event is a line, and the last lines say what came of it."""
    lines: list[str] = []
    options = ["--hidden", "8", "--epochs", "2", "--limit", "300", "--seed", "5"]
    watching = threading.Thread(
        target=lambda: lines.extend(numeral("train", "--remote", server.url, *options).stdout.splitlines())
    )
    watching.start()
    until(lambda: bool(home.jobs.newest(1)))
    job = home.jobs.newest(1)[0]
    work(home, job.id)
    watching.join()
    assert job.config["network"] == {"hidden": [8], "activation": "relu"}
    assert (job.config["epochs"], job.config["limit"], job.config["seed"]) == (2, 300, 5)
    assert f"`numeral jobs cancel {job.id} --url {server.url}` stops it" in lines[0]
    told = "50.0 %  epoch 1/2  loss 0.2500  validation error 2.00 %  1,000 images/s  0:03 left"
    assert any(told in line for line in lines)
    assert lines[-2:] == ["version 7  sha256:1", "promoted to production: significantly better"]


def test_following_ends_with_the_job(
    server: ServerProcess, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: a stream that brought events is no failure to pause after."""
    pauses: list[int] = []
    monkeypatch.setattr("service.cli.remote._pause", lambda: pauses.append(1))
    job_id = home.submit(seed=11)
    work(home, job_id)
    assert numeral("jobs", "follow", job_id, "--url", server.url).exit_code == 0
    assert pauses == []


def test_what_the_service_refuses_is_said_in_one_sentence(server: ServerProcess) -> None:
    """With exit status 1 and no traceback."""
    result = numeral("train", "--remote", server.url, "--epochs", "0")
    assert result.exit_code == 1
    assert "epochs: expected a whole number from 1 to 10000" in result.stderr
    result = numeral("train", "--remote", server.url, "--optimizer", "adam", "--json")
    assert "expected one of adamw, sgd" in json.loads(result.stderr)["error"]


def test_jobs_are_listed_shown_cancelled_and_resumed(server: ServerProcess, home: Home) -> None:
    """For people and for programs."""
    job_id, url = home.submit(), ("--url", server.url)
    assert f"{job_id}  queued" in numeral("jobs", *url).stdout
    assert json_of("jobs", "--state", "queued", *url)[0]["id"] == job_id
    assert json.loads(numeral("jobs", "show", job_id, *url).stdout)["state"] == "queued"
    assert json_of("jobs", "cancel", job_id, *url)[0]["state"] == "cancelled"
    followed = numeral("jobs", "follow", job_id, *url)
    assert (followed.exit_code, followed.stdout.splitlines()[-1]) == (1, "the job was cancelled")
    assert numeral("jobs", "resume", job_id, *url).stdout.startswith(f"{job_id}  queued")
    work(home, job_id, run=2)
    assert json_of("jobs", "follow", job_id, *url)[-1]["result"] == RESULT


def test_an_unknown_job_and_an_absent_service_are_said_in_one_sentence(server: ServerProcess) -> None:
    """Exit status 1."""
    unknown = numeral("jobs", "show", "none", "--url", server.url)
    assert (unknown.exit_code, unknown.stderr) == (
        1,
        "numeral: expected the id of a job, got an unknown one\n",
    )
    absent = numeral("jobs", "--url", "http://127.0.0.1:9")
    assert (absent.exit_code, "expected an answer from http://127.0.0.1:9, got none" in absent.stderr) == (
        1,
        True,
    )
    no_url = numeral("jobs", "--url", "127.0.0.1:9")
    assert (no_url.exit_code, no_url.stderr) == (
        1,
        "numeral: expected the URL of a service, such as http://127.0.0.1:8000\n",
    )


def test_an_id_leads_to_no_other_address(server: ServerProcess) -> None:
    """What is no id is an unknown job or example, whatever stands in it; production stays where it is."""
    before = httpx.get(f"{server.url}/aliases").json()
    for words in (("jobs", "show", "../models"), ("jobs", "cancel", "../aliases/production/rollback#"),
                  ("jobs", "follow", "../models?"), ("examples", "delete", "../examples")):  # fmt: skip
        done = numeral(*words, "--url", server.url)
        assert (done.exit_code, "unknown" in done.stderr or "expected" in done.stderr) == (1, True), words
        assert "Traceback" not in done.stderr
    assert httpx.get(f"{server.url}/aliases").json() == before


def test_examples_are_added_counted_exported_imported_and_deleted(
    server: ServerProcess, tmp_path: Path
) -> None:
    """The way round."""
    url = ("--url", server.url)
    picture = tmp_path / "seven.png"
    picture.write_bytes(png.encode(load_test().images[0]))
    added = json_of("examples", "add", "7", picture, *url)[0]
    assert "1 examples: 0: 0" in numeral("examples", *url).stdout
    archive = tmp_path / "examples.zip"
    assert json_of("examples", "export", archive, *url)[0]["size"] == archive.stat().st_size
    assert numeral("examples", "import", archive, *url).stdout == "0 new, 1 known, 0 refused\n"
    assert json_of("examples", "delete", added["id"], *url) == [{"deleted": added["id"]}]
    assert json_of("examples", *url)[0]["total"] == 0
    assert numeral("examples", "delete", added["id"], *url).exit_code == 1


def test_a_command_asks_the_service_that_its_group_was_given(server: ServerProcess, home: Home) -> None:
    """With the group's --json too; what the command itself is given goes before it."""
    job_id, nowhere = home.submit(seed=12), "http://127.0.0.1:9"
    shown = numeral("jobs", "--url", server.url, "show", job_id)
    assert json.loads(shown.stdout)["id"] == job_id
    assert numeral("jobs", "--url", nowhere, "show", job_id, "--url", server.url).exit_code == 0
    refused = numeral("examples", "--url", server.url, "--json", "delete", "none")
    assert list(json.loads(refused.stderr)) == ["error"]


def test_the_groups_url_and_key_go_before_the_environment(
    other_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command takes from the environment only what nobody said."""
    monkeypatch.setenv("NUMERAL_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NUMERAL_API_KEY", "of the environment")
    for words in (("jobs", "cancel", "1"), ("jobs", "resume", "1"), ("examples", "delete", "1")):
        group, *rest = words
        numeral(group, "--url", other_server, "--api-key", "of the group", *rest)
        assert _OtherServer.keys.pop() == "of the group"
    numeral("jobs", "--url", other_server, "cancel", "1")
    assert _OtherServer.keys.pop() == "of the environment"


def test_a_large_archive_is_sent_in_parts(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is kept, and what is refused is named by its place in the whole archive."""
    pictures = [png.encode(image) for image in load_test().images[:7]]
    archive = tmp_path / "large.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number, picture in enumerate(pictures):
            file.writestr(f"{number}/a.png", picture)
        file.writestr("readme.txt", b"no picture")
        file.writestr("7/torn.png", pictures[0][:50])
        file.writestr("none/b.png", pictures[0])
    asked: list[int] = []
    ask = Remote.ask

    def noted(remote: Remote, *words: str, **options: Any) -> Any:
        asked.append(len(options["content"]))
        return ask(remote, *words, **options)

    monkeypatch.setattr(Remote, "ask", noted)
    monkeypatch.setattr("service.archives.MOST_IN_PART", 3)
    counts = imported(archive, server)
    assert len(asked) == 3
    assert (counts["new"], counts["known"], counts["refused"]) == (7, 0, 2)
    assert [refusal["entry"] for refusal in counts["refusals"]] == [9, 10]
    monkeypatch.setattr("service.archives.LARGEST_PART", 2 * max(map(len, pictures)))
    counts = imported(archive, server)
    assert (counts["new"], counts["known"]) == (0, 7)
    assert len(asked) > 6
    assert max(asked) < sum(map(len, pictures))


def imported(archive: Path, server: ServerProcess) -> dict[str, Any]:
    """What became of an archive of which some is refused, as the exit status says."""
    done = numeral("examples", "import", archive, "--url", server.url, "--json")
    assert done.exit_code == 1
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def test_a_picture_that_cannot_be_kept_is_named_and_the_others_are_kept(
    server: ServerProcess, tmp_path: Path
) -> None:
    """Exit status 1."""
    good, torn = tmp_path / "good.png", tmp_path / "torn.png"
    good.write_bytes(png.encode(load_test().images[11]))
    torn.write_bytes(good.read_bytes()[:60])
    done = numeral("examples", "add", "6", torn, tmp_path / "none.png", good, "--url", server.url, "--json")
    assert done.exit_code == 1
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(result["image"]).name for result in results] == ["torn.png", "none.png", "good.png"]
    assert ["error" in result for result in results] == [True, True, False]
    assert json_of("examples", "delete", results[2]["id"], "--url", server.url)


def test_a_file_that_is_no_archive_is_said_in_one_sentence(server: ServerProcess, tmp_path: Path) -> None:
    """Exit status 1, and the service is not troubled."""
    file = tmp_path / "no.zip"
    file.write_bytes(b"no archive")
    result = numeral("examples", "import", file, "--url", server.url)
    assert (result.exit_code, result.stderr) == (
        1,
        "numeral: expected a zip archive, got another or a damaged file\n",
    )


class _OtherServer(BaseHTTPRequestHandler):
    """Answers everything with a body that is no JSON and no events."""

    asked, status = 0, 200
    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        """Answer."""
        type(self).asked += 1
        self.keys.append(self.headers["X-API-Key"])
        self.send_response(self.status)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def do_POST(self) -> None:
        """Answer alike."""
        self.do_GET()

    def do_DELETE(self) -> None:
        """Answer alike."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_server() -> Iterator[str]:
    """The URL of a server that is no Numeral."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _OtherServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_answer_that_is_no_json_is_said_in_one_sentence(other_server: str) -> None:
    """By every command that asks."""
    for words in (("jobs",), ("examples",), ("jobs", "show", "1", "--json")):
        result = numeral(*words, "--url", other_server)
        assert result.exit_code == 1
        assert "expected JSON from the service, got another answer" in result.stderr


def test_streams_that_end_without_events_are_given_up(
    other_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a pause each time, as those that break are."""
    pauses: list[int] = []
    monkeypatch.setattr("service.cli.remote._pause", lambda: pauses.append(1))
    monkeypatch.setattr("service.cli.remote.MOST_FAILURES", 3)
    before = _OtherServer.asked
    result = numeral("jobs", "follow", "1", "--url", other_server)
    assert result.exit_code == 1
    assert "the stream of events ended before the job" in result.stderr
    assert (_OtherServer.asked - before, len(pauses)) == (4, 3)


def test_a_service_that_restarts_is_followed(other_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What says that it is away for now counts as a stream that broke."""
    pauses: list[int] = []
    monkeypatch.setattr("service.cli.remote._pause", lambda: pauses.append(1))
    monkeypatch.setattr("service.cli.remote.MOST_FAILURES", 3)
    monkeypatch.setattr(_OtherServer, "status", 502)
    result = numeral("jobs", "follow", "1", "--url", other_server)
    assert result.exit_code == 1
    assert "expected the service to agree, got 502 Bad Gateway" in result.stderr
    assert len(pauses) == 3
