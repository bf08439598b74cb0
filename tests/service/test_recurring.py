"""Work that a thread does again and again."""

import threading

from service.recurring import Recurring


def test_it_works_at_once_and_again_until_told_to_stop() -> None:
    """And no more afterwards; to stop what never began does nothing."""
    done = threading.Semaphore(0)
    working = Recurring("test", done.release, 0.01)
    working.start()
    assert all(done.acquire(timeout=10) for _ in range(3))
    working.stop()
    while done.acquire(blocking=False):
        pass
    assert not done.acquire(timeout=0.1)
    Recurring("test", done.release, 0.01).stop()
    assert not done.acquire(blocking=False)
