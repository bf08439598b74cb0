"""Numbers as JSON has them."""

from typing import Any


def whole(value: Any) -> Any:
    """Return a value of JSON with its whole numbers as int: 3.0 and 3 are the same there. Anything else stays as it is."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return int(value) if type(value) is float and value.is_integer() else value
