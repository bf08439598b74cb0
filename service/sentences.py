"""What pydantic finds wrong with a value, in sentences like ours: what was expected and what came."""

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "bool_parsing": "expected true or false, got another value",
    "finite_number": "expected a finite number, got another",
    "float_parsing": "expected a number, got another value",
    "greater_than": "expected more than {gt}, got another number",
    "greater_than_equal": "expected at least {ge}, got less",
    "int_from_float": "expected a whole number, got another",
    "int_parsing": "expected a whole number, got another value",
    "less_than": "expected less than {lt}, got another number",
    "less_than_equal": "expected at most {le}, got more",
    "literal_error": "expected {expected}, got another value",
    "string_pattern_mismatch": "expected a string that matches {pattern}, got another",
    "string_too_long": "expected at most {max_length} characters, got more",
    "string_too_short": "expected at least {min_length} characters, got fewer",
}
"""By pydantic's names of errors (pydantic.dev, Validation errors); it gives the bounds."""

_OURS = "value_error"
"""A check of our own, which has said it already."""


def sentence(found: Mapping[str, Any]) -> str:
    """Return what is wrong, without anything that was given.

    Args:
        found: one of ``ValidationError.errors()``.
    """
    if found["type"] == _OURS:
        return str(found["ctx"]["error"])
    known = _SENTENCES.get(found["type"])
    if known is None:
        return str(found["msg"])
    bounds = found.get("ctx", {})
    return known.format(**{name: _plain(bound) for name, bound in bounds.items()})


def _plain(bound: object) -> object:
    return f"{bound:.15g}" if isinstance(bound, float) else bound
