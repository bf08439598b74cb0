"""What a training may be asked to do."""

import json
from typing import Any

import pytest

from model.config import NetworkConfig, TrainingConfig
from model.errors import ConfigInvalid


def test_defaults_are_those_of_the_contract() -> None:
    """An empty request means the training that the API documents."""
    values = TrainingConfig.from_dict({}).to_dict()
    contract = {
        "data": "mnist", "examples": True, "limit": None, "epochs": 30, "batch_size": 128, "learning_rate": 0.001,
        "optimizer": "adamw", "augmentation": "standard", "seed": 1, "start_from": None, "promote": "if_better",
    }  # fmt: skip
    assert {name: values[name] for name in contract} == contract
    assert NetworkConfig() == NetworkConfig((1000, 500), "relu")


def test_a_configuration_survives_json() -> None:
    """What is kept in a manifest or a database gives the same configuration back."""
    config = TrainingConfig(network=NetworkConfig((30, 20), "tanh"), limit=100, learning_rate=0.01)
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_teachers_are_written_where_there_are_some() -> None:
    """What learns from labels alone is written as before there were teachers, so its checkpoints and keys still fit."""
    taught = TrainingConfig(teachers=("7", "8"))
    assert TrainingConfig.from_dict(json.loads(json.dumps(taught.to_dict()))) == taught
    assert taught.to_dict()["teachers"] == ["7", "8"]
    assert "teachers" not in TrainingConfig().to_dict()
    with pytest.raises(ConfigInvalid, match="expected a tuple"):
        TrainingConfig(teachers="12")  # type: ignore[arg-type]  # two strings of one letter otherwise


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"epochs": 2.5}, "epochs"),
        ({"batch_size": 5000}, "batch_size"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"optimizer": "adam"}, "optimizer"),
        ({"optimizer": ["sgd"]}, "optimizer"),
        ({"augmentation": "wild"}, "augmentation"),
        ({"seed": -1}, "seed"),
        ({"seed": 1 << 63}, "seed"),
        ({"limit": 0}, "limit"),
        ({"promote": "yes"}, "promote"),
        ({"examples": 1}, "examples"),
        ({"data": ""}, "data"),
        ({"start_from": 7}, "start_from"),
        ({"network": [1000]}, "network"),
        ({"network": {"hidden": "1000"}}, "network.hidden"),
        ({"network": {"hidden": [0]}}, "network.hidden"),
        ({"network": {"hidden": [10] * 11}}, "network.hidden"),
        ({"network": {"hidden": [8192, 8192]}}, "network.hidden"),
        ({"network": {"activation": "step"}}, "network.activation"),
        ({"threads": 0}, "threads"),
        ({"teachers": "12"}, "teachers"),
        ({"teachers": [7]}, "teachers"),
        ({"teachers": ["7"] * 9}, "teachers"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(values: dict[str, Any], field: str) -> None:
    """The error names the field."""
    with pytest.raises(ConfigInvalid) as caught:
        TrainingConfig.from_dict(values)
    assert caught.value.field == field


@pytest.mark.parametrize("values", [{"epoch": 3}, {"network": {"hiden": [3]}}])
def test_the_schema_is_closed(values: dict[str, Any]) -> None:
    """A misspelt field is refused, without echoing it."""
    with pytest.raises(ConfigInvalid, match="unknown field") as caught:
        TrainingConfig.from_dict(values)
    assert "hiden" not in str(caught.value)
