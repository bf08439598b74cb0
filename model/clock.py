"""Times as everything we write shows them."""

from datetime import UTC, datetime


def timestamp(at: datetime) -> str:
    """Return a time with a zone in ISO 8601, UTC, to the millisecond, such as ``2026-01-31T12:00:00.000Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """Return the time as ``timestamp`` writes it."""
    return timestamp(datetime.now(UTC))
