"""What can go wrong when something is asked of a job."""


class JobError(Exception):
    """Base of the errors below."""


class JobNotFound(JobError):
    """There is no job with this id."""

    def __init__(self) -> None:
        super().__init__("expected the id of a job, got an unknown one")


class JobConflict(JobError):
    """The job is in a state in which this cannot be done."""


class IdempotencyConflict(JobError):
    """An idempotency key came again with another request."""

    def __init__(self) -> None:
        super().__init__("expected the request that this Idempotency-Key came with before, got another one")


class TooManyJobs(JobError):
    """As many jobs as allowed are waiting.

    Attributes:
        retry_after: seconds after which it is worth asking again.
    """

    def __init__(self, most: int, retry_after: int) -> None:
        super().__init__(f"expected fewer than {most} jobs waiting, got {most}")
        self.retry_after = retry_after
