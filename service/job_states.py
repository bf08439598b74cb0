"""The states of a job."""

from typing import Final, Literal, get_args

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]

STATES: Final[tuple[str, ...]] = get_args(JobState)
ACTIVE: Final = ("queued", "running")
"""A job in one of these has not ended."""
ENDED: Final = tuple(state for state in STATES if state not in ACTIVE)
