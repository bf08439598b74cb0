"""``numeral`` itself."""

from importlib.metadata import version

from tests.service.cli.commands import numeral


def test_the_version_is_that_of_the_package() -> None:
    """Without a command, and for people and programs alike."""
    result = numeral("--version")
    assert (result.exit_code, result.stdout) == (0, f"numeral {version('numeral')}\n")
