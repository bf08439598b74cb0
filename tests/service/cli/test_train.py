"""``numeral train``: a version comes of it, it can be stopped anywhere, and says plainly what is wrong."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from model.config import NetworkConfig, TrainingConfig
from model.recipes import RECIPES
from model.registry import Registry
from model.sources import load_test
from model.store import Store
from service.cli.train import ONLY_HERE, stages_of, train
from service.database import open_database
from service.example import Example
from service.examples import Examples
from service.offline import OfflineTraining, Outcome
from service.settings import Settings
from service.training_schemas import NetworkRequest, TrainRequest
from tests.service.cli.commands import json_of, numeral

QUICK = ("--hidden", "16", "--epochs", "2", "--limit", "2000", "--augmentation", "none", "--promote", "never")


def test_a_training_becomes_a_version(tmp_path: Path) -> None:
    """The last line tells version, digest and errors, and the registry holds exactly that."""
    *progress, last = json_of("train", *QUICK, "--home", tmp_path)
    result = last["result"]
    registry = Registry.open(tmp_path / "store")
    manifest = registry.manifest(result["version"])
    assert result["version"] == "3"
    assert result["digest"] == registry.load("3").digest
    assert result["validation_error"] == manifest["metrics"]["validation_error"]
    assert result["gate"] == {"promoted": False, "reason": "promotion was not asked for"}
    assert progress[-1]["progress"]["fraction"] == 1
    assert registry.alias("production") == "1"
    assert not list((tmp_path / "trainings").iterdir())


def test_the_documented_offline_run_is_good_and_repeatable(tmp_path: Path) -> None:
    """784-128-10, three epochs: at most 4.5 % validation error, and twice the same digest."""
    words = ("train", "--hidden", "128", "--epochs", "3", "--batch-size", "128", "--learning-rate", "0.001",
             "--seed", "1", "--augmentation", "none", "--promote", "never", "--home", tmp_path)  # fmt: skip
    first, second = (json_of(*words)[-1]["result"] for _ in range(2))
    assert first["validation_error"] <= 0.045
    assert first["digest"] == second["digest"]
    assert first["version"] != second["version"]


def test_plain_lines_for_people(tmp_path: Path) -> None:
    """Without a terminal there is one line an epoch, and then the figures."""
    result = numeral("train", *QUICK, "--home", tmp_path)
    assert result.exit_code == 0
    assert result.stdout.count("validation error") == 3
    assert "epoch 2/2" in result.stdout
    assert "not promoted: promotion was not asked for" in result.stdout


def test_ctrl_c_stops_at_a_checkpoint_and_resume_gives_the_same_bits(tmp_path: Path) -> None:
    """Interrupted in the middle and resumed, it ends with the digest of the undisturbed run."""
    options = ("--hidden", "200", "--epochs", "4", "--limit", "20000", *QUICK[6:])
    undisturbed = json_of("train", *options, "--home", tmp_path)[-1]["result"]["digest"]
    command: list[str | Path] = [
        Path(sys.executable).with_name("numeral"),
        "train",
        *options,
        "--json",
        "--home",
        tmp_path,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "progress" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        last = json.loads(process.stdout.read().splitlines()[-1])
        assert process.wait(60) == 130
    assert last["stopped"]["resume"] is True
    assert len(list((tmp_path / "trainings").iterdir())) == 1
    resumed = json_of("train", *options, "--resume", "--home", tmp_path)
    assert resumed[0]["progress"]["fraction"] > 0
    assert resumed[-1]["result"]["digest"] == undisturbed


def test_no_copy_of_the_examples_stays_behind(tmp_path: Path) -> None:
    """Neither of a training that has ended nor of one that cannot begin."""
    engine = open_database(Settings(home=tmp_path).database)
    digits = load_test().images
    Examples(engine, Store.open(tmp_path / "store")).add([Example(digits[i], i) for i in range(4)])
    engine.dispose()
    json_of("train", *QUICK, "--home", tmp_path)
    assert Registry.open(tmp_path / "store").manifest("3")["training"]["examples"] == 4
    refused = numeral("train", *QUICK, "--start-from", "production", "--home", tmp_path)
    assert refused.exit_code == 1
    assert list(tmp_path.rglob("examples.safetensors")) == []
    assert list((tmp_path / "trainings").iterdir()) == []


def test_resume_without_an_interrupted_training_says_so(tmp_path: Path) -> None:
    """There is nothing to go on with, and the exit status tells."""
    result = numeral("train", "--resume", "--home", tmp_path)
    assert result.exit_code == 1
    assert "expected an interrupted training of these settings in this home, got none" in result.stderr


def test_only_what_was_asked_for_is_resumed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not a training from another version, and not past it a folder that nobody can read."""
    options = ("--limit", "300", "--epochs", "1", "--promote", "never")
    asked = {"limit": 300, "epochs": 1, "promote": "never", "start_from": "1"}
    interrupted = OfflineTraining.begin(Settings(home=tmp_path), [TrainingConfig.from_dict(asked)], None)
    os.close(interrupted._lock)
    damaged = tmp_path / "trainings" / "offline-1" / "training.json"
    damaged.parent.mkdir()
    damaged.write_text('{"config": {"of_another_release": 1}, "recipe": null}')
    for others in (
        ("--start-from", "2"),
        ("--start-from", "1", "--teachers", "2"),
        ("--start-from", "1", "--epochs", "2"),
    ):
        assert numeral("train", "--resume", *options, *others, "--home", tmp_path).exit_code == 1, others
    assert json_of("train", "--resume", *options, "--start-from", "production", "--home", tmp_path)
    assert f"{damaged} is passed over" in caplog.text


def test_defaults_that_were_asked_for_are_asked_for(tmp_path: Path) -> None:
    """Not any interrupted training is resumed, as without an option, but one of these settings; there is none."""
    config = TrainingConfig.from_dict(
        {"limit": 300, "epochs": 1, "network": {"hidden": [8]}, "promote": "never"}
    )
    os.close(OfflineTraining.begin(Settings(home=tmp_path), [config], None)._lock)
    for words in (("--hidden", "1000,500"), ("--epochs", "30"), ("--recipe", "standard")):
        result = numeral("train", "--resume", *words, "--home", tmp_path)
        assert (result.exit_code, "expected an interrupted training" in result.stderr) == (1, True), words
    assert json_of("train", "--resume", "--home", tmp_path)


def test_ctrl_c_while_a_version_is_made_keeps_the_next_training_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was trained is published; the rest goes on with --resume, in the home that is named."""
    finish = OfflineTraining.finish

    def finished(training: OfflineTraining) -> Outcome:
        monkeypatch.undo()
        os.kill(os.getpid(), signal.SIGINT)
        return finish(training)

    monkeypatch.setattr(OfflineTraining, "finish", finished)
    options = ("--recipe", "release", "--hidden", "8", "--limit", "300", "--epochs", "1", "--synthetic", "0",
               "--non-digits", "0", "--home", tmp_path)  # fmt: skip
    result = numeral("train", *options)
    assert result.exit_code == 130
    assert f"numeral train --resume --home {tmp_path} goes on from here" in result.stdout
    assert list(Registry.open(tmp_path / "store").versions()) == ["1", "2", "3"]
    plan = json.loads(next((tmp_path / "trainings").glob("*/training.json")).read_bytes())
    assert plan["stage"] == 2


def test_a_training_that_another_process_goes_on_with_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And it is said which; an earlier one is resumed instead, if there is one."""
    config = TrainingConfig.from_dict(
        {"limit": 300, "epochs": 1, "network": {"hidden": [8]}, "promote": "never"}
    )
    interrupted = OfflineTraining.begin(Settings(home=tmp_path), [config], None)
    os.close(interrupted._lock)  # as when its process ends
    held = OfflineTraining.begin(Settings(home=tmp_path), [config], None)
    json_of("train", "--resume", "--home", tmp_path)
    assert [folder.name for folder in (tmp_path / "trainings").iterdir()] == [held.token]
    assert f"expected nobody to train {held.token}" in caplog.text
    assert numeral("train", "--resume", "--home", tmp_path).exit_code == 1
    os.close(held._lock)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", "0"), "epochs: expected a whole number from 1 to 10000, got 0"),
        (("--hidden", "16,,8"), "hidden: expected whole numbers with commas between"),
        (("--hidden", "99999999"), "got 99999999"),
        (("--learning-rate", "nan"), "got nan"),
        (("--hidden", "12,x"), "hidden: expected whole numbers with commas between"),
        (("--optimizer", "adam"), "optimizer: expected one of adamw, sgd"),
        (("--recipe", "soup"), "recipe: expected one of"),
        (("--data", "no-such-folder"), "expected mnist, a folder, an .npz or an IDX file"),
        (("--start-from", "9"), "expected a version that exists"),
        (("--remote", "http://127.0.0.1:9"), "remote: expected no --home with it"),
        (("--remote", "http://127.0.0.1:9", "--resume"), "remote: expected no --resume with it"),
        (("--remote", "http://127.0.0.1:9", "--recipe", "quick"), "remote: expected no --recipe with it"),
        (
            ("--remote", "http://127.0.0.1:9", "--weight-decay", "0"),
            "remote: expected no --weight-decay with it",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """No traceback, and exit status 1."""
    result = numeral("train", *words, "--home", tmp_path)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_damaged_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    """It was to be asked for examples; nothing of the training stays behind."""
    (tmp_path / "numeral.sqlite").write_bytes(b"no database" * 1000)
    result = numeral("train", *QUICK, "--home", tmp_path)
    assert result.exit_code == 1
    assert (
        result.stderr
        == "numeral: expected the database to answer, got a file that is no database; try again soon\n"
    )
    assert list((tmp_path / "trainings").iterdir()) == []


IN_WORDS: dict[str, dict[Any, str]] = {
    "examples": {True: "yes"},
    "limit": {None: "all"},
    "start_from": {None: "random weights"},
    "teachers": {(): "none"},
}


def in_words(name: str, value: Any) -> str:
    """A default as ``--help`` shows it."""
    if name in IN_WORDS:
        return IN_WORDS[name][value]
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_the_defaults_that_are_shown_are_those_of_the_configuration() -> None:
    """Of every member, each of which has its option."""
    hints = get_type_hints(train, include_extras=True)
    shown = {name: hint.__metadata__[0].show_default for name, hint in hints.items() if name != "return"}
    values = {**asdict(NetworkConfig()), **asdict(TrainingConfig())}
    del values["network"]
    expected = {name: in_words(name, value) for name, value in values.items()}
    assert {name: text for name, text in shown.items() if isinstance(text, str)} == expected


def test_what_a_service_does_not_take_stands_under_a_heading_that_says_so() -> None:
    """Just those options that ``POST /train`` has no member for."""
    hints = get_type_hints(train, include_extras=True)
    panels = {name: hint.__metadata__[0].rich_help_panel for name, hint in hints.items() if name != "return"}
    taken = TrainRequest.model_fields.keys() | NetworkRequest.model_fields | {"remote", "api_key", "as_json"}
    assert {name for name, panel in panels.items() if panel == ONLY_HERE} == panels.keys() - taken


def test_options_go_before_the_recipe(tmp_path: Path) -> None:
    """A recipe gives what was not typed; the manifest names it."""
    json_of(
        "train", "--recipe", "quick", "--limit", "500", "--epochs", "1", "--hidden", "8", "--home", tmp_path
    )
    manifest = Registry.open(tmp_path / "store").manifest("3")
    config = TrainingConfig.from_dict(manifest["training"]["config"])
    assert manifest["training"]["recipe"] == "quick"
    assert config.network is not None
    assert (config.epochs, config.limit, config.network.hidden) == (1, 500, (8,))
    assert config.promote == "never"


@pytest.mark.parametrize("given", [{"hidden": "8"}, {"activation": "tanh"}])
def test_a_network_that_is_asked_for_is_kept_to_the_end_of_a_recipe(given: dict[str, str]) -> None:
    """Only the recipe's own network grows on its way."""
    first, *following = stages_of(dict(given), "release")
    assert first.network is not None
    assert first.network != RECIPES["release"][0].network
    assert [config.network for config in following] == [None] * 8


def test_the_trainings_of_a_recipe_follow_each_other(tmp_path: Path) -> None:
    """Each goes on from the version of the one before it; stopped between two, what was published is not made again."""
    given: dict[str, Any] = {"limit": 500, "epochs": 1, "synthetic": 0, "non_digits": 20}
    first, *following = (replace(stage, **given) for stage in RECIPES["release"])
    stages = [
        replace(first, network=NetworkConfig((8,))),
        *(replace(stage, network=None) for stage in following),
    ]
    training = OfflineTraining.begin(Settings(home=tmp_path), stages, "release")
    for _ in training.run():
        pass
    training.finish()
    result = numeral("train", "--recipe", "release", "--hidden", "8", "--limit", "500", "--epochs", "1",
                     "--synthetic", "0", "--non-digits", "20", "--resume", "--home", tmp_path)  # fmt: skip
    assert result.exit_code == 0
    shown = [line for line in result.stdout.splitlines() if line.startswith("training ")]
    assert shown == [f"training {number} of 9" for number in range(2, 10)]
    registry = Registry.open(tmp_path / "store")
    made = [str(version) for version in range(3, 12)]
    assert list(registry.versions()) == ["1", "2", *made]
    manifests = [registry.manifest(version) for version in made]
    assert [manifest["parent"] for manifest in manifests] == [None, "3", "4", "5", "6", "5", "8", "9", "10"]
    trainings = [manifest["training"] for manifest in manifests]
    assert {training["recipe"] for training in trainings} == {"release"}
    assert [training["config"]["seed"] for training in trainings] == [1, 2, 3, 4, 5, 11, 12, 14, 15]
    assert [training["config"].get("teachers") for training in trainings[4:]] == [
        None,
        ["7"],
        ["7", "8"],
        ["7", "9"],
        ["7", "10"],
    ]
    assert [training["line"] for training in trainings[4:]] == [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 6],
        [1, 2, 3, 6, 7],
        [1, 2, 3, 6, 7, 8],
        [1, 2, 3, 6, 7, 8, 9],
    ]
    for number, training in enumerate(trainings, 1):
        assert [before["stage"] for before in training["earlier"]] == list(range(1, number))
        assert [before["config"] for before in training["earlier"]] == [
            before["config"] for before in trainings[: number - 1]
        ]
    assert not list((tmp_path / "trainings").iterdir())


def test_teachers_are_named_by_alias_or_version(tmp_path: Path) -> None:
    """The manifest keeps versions; one that is not there is said so at once."""
    few = ("train", "--limit", "500", "--epochs", "1", "--hidden", "8", "--home", tmp_path)
    json_of(*few, "--teachers", "production, 2")
    config = Registry.open(tmp_path / "store").manifest("3")["training"]["config"]
    assert config["teachers"] == ["1", "2"]
    refused = numeral(*few, "--teachers", "99")
    assert refused.exit_code == 1
    assert "expected a version that exists" in refused.stderr
    assert "Traceback" not in refused.output


def test_going_on_from_a_version_names_its_parent(tmp_path: Path) -> None:
    """An alias is resolved when the training begins."""
    json_of("train", *QUICK, "--home", tmp_path)
    json_of("promote", "3", "--home", tmp_path)
    json_of("train", "--limit", "1000", "--epochs", "1", "--start-from", "production", "--promote", "never",
            "--home", tmp_path)  # fmt: skip
    manifest = Registry.open(tmp_path / "store").manifest("4")
    assert manifest["parent"] == "3"
    assert manifest["architecture"]["sizes"] == [784, 16, 10]


def test_a_poor_candidate_is_not_promoted(tmp_path: Path) -> None:
    """The gate compares with what serves, and the verdict states its test."""
    words = ("train", "--hidden", "8", "--epochs", "1", "--limit", "300", "--home", tmp_path)
    gate = json_of(*words)[-1]["result"]["gate"]
    assert gate["promoted"] is False
    assert gate["reason"].startswith("significantly worse")
    assert "p = " in gate["reason"]
