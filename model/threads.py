"""How many threads the matrix products use.

The order in which a product is summed up depends on it, and with the order the last bits of the sums. So it belongs to
a training's configuration, and is set here rather than left to the machine.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def blas_threads(n: int) -> Iterator[None]:
    """Let matrix products use n threads, in the whole process, until the block is left."""
    with threadpool_limits(n, user_api="blas"):
        yield


def cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
