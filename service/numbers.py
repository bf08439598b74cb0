"""Numbers as JSON has them."""

from typing import Any


def may_hold_booleans(document: bytes) -> bool:
    """Return whether there may be a true or a false in a JSON document: in Python a bool is an int, and passes for 0 or 1."""
    return b"true" in document or b"false" in document


def whole(value: Any) -> Any:
    """Return a value of JSON with its whole numbers as int: 3.0 and 3 are the same there. Anything else stays as it is."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return int(value) if type(value) is float and value.is_integer() else value
