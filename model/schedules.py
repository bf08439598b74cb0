"""How the learning rate changes while learning goes on: a factor between 0 and 1 for each step."""

from collections.abc import Callable
from math import cos, pi

WARM_UP = 0.02
"""Share of the steps in which the rate rises from almost nothing: first gradients are large and disagree."""

RISE = 0.3
"""The share of the steps in which the one-cycle rate rises."""


def _constant(_progress: float) -> float:
    """The full rate throughout, after the warm-up."""
    return 1.0


def _cosine(progress: float) -> float:
    """Down from 1 to 0 along half a wave. Source: Loshchilov and Hutter 2017, SGDR, equation 5."""
    return 0.5 * (1 + cos(pi * progress))


def _one_cycle(progress: float) -> float:
    """Up from 1/25 to 1, then down to 0. Source: Smith and Topin 2018, Super-convergence."""
    if progress < RISE:
        return 1 / 25 + (1 - 1 / 25) * _cosine(1 - progress / RISE)
    return _cosine((progress - RISE) / (1 - RISE))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": _constant,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
}
"""Schedules by name: from the share of the training that is done, 0 to 1, to the factor."""


def rate_factor(schedule: str, step: int, steps: int) -> float:
    """Return the factor of the learning rate in a step, over 0 and at most 1.

    Args:
        schedule: a name in ``SCHEDULES``.
        step: 1 to steps.
        steps: of the whole training.
    """
    factor = SCHEDULES[schedule]((step - 0.5) / steps)
    return factor * min(1.0, step / max(1.0, WARM_UP * steps))
