"""Figures as commands print them."""

from service.cli.figures import duration, percent, progress_line, speed


def test_shares_are_told_in_per_cent() -> None:
    """With a space before the sign, everywhere."""
    assert (percent(0.0041), percent(0.5, 1), percent(None)) == ("0.41 %", "50.0 %", "…")


def test_hours_are_told_where_there_are_some() -> None:
    """Minutes and seconds otherwise."""
    assert [duration(seconds) for seconds in (3, 83.4, 3600, None)] == ["0:03", "1:23", "1:00:00", "…"]


def test_a_training_is_told_in_one_line_before_its_first_epoch_has_ended() -> None:
    """What is not known yet is left open."""
    begun = {"epoch": 1, "epochs": 2, "loss": 2.3, "validation_error": None, "images_per_second": 12_345.0,
             "seconds_left": None}  # fmt: skip
    assert progress_line(begun) == "epoch 1/2  loss 2.3000  validation error …  12,345 images/s  … left"
    assert speed(None) == "…"
