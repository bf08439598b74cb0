"""The next mini-batch, made in a thread of its own while the network learns from this one."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Makes things by their number, one at a time; while ``running``, the next one already when one is taken.

    What is made must depend on its number alone: then it does not matter when it is made, nor in which thread. It must
    stay untouched until the next but one is made.
    """

    def __init__(self, make: Callable[[int], T]) -> None:
        self._make = make
        self._thread: ThreadPoolExecutor | None = None
        self._begun: tuple[int, Future[T]] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make the next one ahead, in a thread, until the block is left."""
        with ThreadPoolExecutor(1, "ahead") as thread:
            self._thread = thread
            try:
                yield
            finally:
                self._thread = self._begun = None

    def take(self, number: int, *, more: bool) -> T:
        """Return the thing of this number.

        Args:
            number: which.
            more: whether the next number is likely to be asked for.
        """
        made = self._finished()
        thing = made[1] if made and made[0] == number else self._make(number)
        if more and self._thread:
            self._begun = number + 1, self._thread.submit(self._make, number + 1)
        return thing

    def _finished(self) -> tuple[int, T] | None:
        """Wait for what the thread has begun, if anything; whoever makes something next has all buffers to himself."""
        begun, self._begun = self._begun, None
        return (begun[0], begun[1].result()) if begun else None
