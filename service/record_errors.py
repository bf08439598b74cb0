"""What can go wrong when something is asked of the database: of jobs and of examples."""


class RecordError(Exception):
    """Base of the errors below."""


class JobNotFound(RecordError):
    """There is no job with this id."""

    def __init__(self) -> None:
        super().__init__("expected the id of a job, got an unknown one")


class JobConflict(RecordError):
    """The job is in a state in which this cannot be done."""


class IdempotencyConflict(RecordError):
    """An idempotency key came again with another request."""

    def __init__(self) -> None:
        super().__init__("expected the request that this Idempotency-Key came with before, got another one")


class TooManyJobs(RecordError):
    """As many jobs as allowed are waiting.

    Attributes:
        retry_after: seconds after which it is worth asking again.
    """

    def __init__(self, most: int, retry_after: int) -> None:
        super().__init__(f"expected fewer than {most} jobs waiting, got {most}")
        self.retry_after = retry_after


class ExampleNotFound(RecordError):
    """There is no example with this id."""

    def __init__(self) -> None:
        super().__init__("expected the id of an example, got an unknown one")


class DatabaseUnavailable(RecordError):
    """The database does not answer, or cannot be written.

    Args:
        found: what there is instead, such as a full disk; nothing secret.
        readable: it may be read all the same.
    """

    def __init__(self, found: str = "nothing", *, readable: bool = False) -> None:
        super().__init__(f"expected the database to answer, got {found}; try again soon")
        self.readable = readable
