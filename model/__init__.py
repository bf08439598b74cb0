"""A feed-forward neural network that reads handwritten digits, and everything it needs to learn.

Reading order: ``network`` (what it is), ``backprop`` (how it learns: the four steps), ``optimizer`` (how far each
weight moves), ``training`` (again and again over random mini-batches), ``artifact`` and ``registry`` (what is kept),
``predictor`` (what a program that asks for a digit gets).

To read digits in another program: ``from model import load; load("production").predict(image)``, see ``embedding``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.embedding import Recogniser, load
    from model.predictor import Reading

__all__ = ["Reading", "Recogniser", "load"]

_HOMES = {"Reading": "model.predictor", "Recogniser": "model.embedding", "load": "model.embedding"}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: to import the package alone costs nothing."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
