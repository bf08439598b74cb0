"""What commands say when something is wrong."""

import pytest
import typer

from service.cli.output import plain_errors


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.png"), "No such file or directory: a.png"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("cannot read this picture"), "cannot read this picture"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_of_the_system_is_one_sentence(
    error: OSError, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is known of it: what the system said, of which file, what a library said, or only its kind."""
    with pytest.raises(typer.Exit) as ended, plain_errors(as_json=False):
        raise error
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == f"numeral: {sentence}\n"
