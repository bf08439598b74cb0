"""Where settings come from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.sentences import sentence
from service.settings import Settings


def test_the_environment_sets_what_is_not_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In letters of any case; an empty variable, and one of no setting, set nothing."""
    for name, value in {
        "NUMERAL_PORT": "9000",
        "numeral_workers": "3",
        "NUMERAL_HOST": "",
        "NUMERAL_X": "1",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings(home=tmp_path, workers=2)
    assert (settings.port, settings.workers, settings.host) == (9000, 2, "127.0.0.1")
    assert settings.model_dump(exclude_unset=True) == {"home": tmp_path, "port": 9000, "workers": 2}


def test_a_variable_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name."""
    monkeypatch.setenv("NUMERAL_PORT", "70000")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert refused.value.errors()[0]["loc"] == ("port",)


@pytest.mark.parametrize("seconds", ["inf", "nan"])
def test_a_time_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    """A service that drains for ever would never end."""
    monkeypatch.setenv("NUMERAL_DRAIN_SECONDS", seconds)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert sentence(refused.value.errors()[0]) == "expected a finite number, got another"


def test_a_home_below_the_users_own_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No shell has written the tilde out where a service manager hands it on."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NUMERAL_HOME", "~/numeral")
    assert Settings().store == str(tmp_path / "numeral" / "store")


@pytest.mark.parametrize("url", ["foo://x", "postgres", "mysql://here/numeral", "numeral.sqlite"])
def test_a_database_of_another_kind_is_refused_at_once(url: str) -> None:
    """And not by a worker that starts again and again."""
    with pytest.raises(ValidationError, match=r"expected postgresql://… or sqlite:///path"):
        Settings(database_url=url)


@pytest.mark.parametrize(
    "url", ["postgresql://here/numeral", "postgresql+psycopg://here/n", "sqlite:///n.sqlite"]
)
def test_both_kinds_of_database_are_taken(url: str) -> None:
    """With or without the name of a driver."""
    assert Settings(database_url=url).database == url
