"""How many threads the matrix products use.

The order in which a product is summed up depends on it, and with the order the last bits of the sums. So it belongs to
a training's configuration, and is set here rather than left to the machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def blas_threads(n: int) -> Iterator[None]:
    """Let matrix products use n threads, in the whole process, until the block is left."""
    with threadpool_limits(n, user_api="blas"):
        yield
