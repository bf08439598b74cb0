"""Figures as commands print them: shares, durations, and where a training stands."""

from collections.abc import Mapping
from typing import Any


def percent(share: float | None, places: int = 2) -> str:
    """Return a share of 1 such as ``0.41 %``; ``…`` for one that is not known yet."""
    return "…" if share is None else f"{100 * share:.{places}f} %"


def speed(per_second: float | None) -> str:
    """Return a number of pictures such as ``12,345``; ``…`` for one that is not known yet."""
    return "…" if per_second is None else f"{per_second:,.0f}"


def duration(seconds: float | None) -> str:
    """Return minutes and seconds, from an hour on with hours before them; ``…`` for a time that is not known yet."""
    if seconds is None:
        return "…"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def progress_line(progress: Mapping[str, Any]) -> str:
    """Return where a training stands in one line.

    Args:
        progress: the members of ``model.progress.Progress``, which a job tells too.
    """
    return (
        f"epoch {progress['epoch']}/{progress['epochs']}  loss {progress['loss']:.4f}  "
        f"validation error {percent(progress['validation_error'])}  "
        f"{speed(progress['images_per_second'])} images/s  {duration(progress['seconds_left'])} left"
    )
