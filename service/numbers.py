"""Numbers as JSON has them."""

from typing import Any


def whole(value: Any) -> Any:
    """Return a number of JSON that is whole as an int: 3.0 and 3 are the same there. Anything else stays as it is."""
    return int(value) if type(value) is float and value.is_integer() else value
