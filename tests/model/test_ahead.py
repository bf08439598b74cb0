"""Making things ahead, in a thread."""

import threading

import pytest

from model.ahead import Ahead


def test_each_number_is_made_once_and_by_whom_does_not_matter() -> None:
    """Taken in turn, every thing is made once; the first by the caller, the others by the thread."""
    makers: list[tuple[int, str]] = []

    def make(number: int) -> int:
        makers.append((number, threading.current_thread().name))
        return number * number

    things = Ahead(make)
    with things.running():
        taken = [things.take(number, more=number < 4) for number in range(1, 5)]
    assert taken == [1, 4, 9, 16]
    assert [number for number, _ in makers] == [1, 2, 3, 4]
    assert makers[0][1] == threading.current_thread().name
    assert all(name.startswith("ahead") for _, name in makers[1:])


def test_a_number_out_of_turn_is_made_afresh() -> None:
    """What was made ahead for another number is not given out."""
    things = Ahead(str)
    with things.running():
        assert things.take(1, more=True) == "1"
        assert things.take(7, more=True) == "7"
        assert things.take(8, more=False) == "8"


def test_without_running_nothing_is_made_ahead() -> None:
    """Outside the block there is no thread: every thing is made when it is taken."""
    made: list[int] = []
    things = Ahead(made.append)
    things.take(1, more=True)
    assert made == [1]


def test_an_error_in_the_thread_reaches_who_takes() -> None:
    """A thing that cannot be made is told when it is asked for, not lost in the thread."""

    def make(number: int) -> int:
        if number == 2:
            raise ValueError("no two")
        return number

    things = Ahead(make)
    with things.running():
        things.take(1, more=True)
        with pytest.raises(ValueError, match="no two"):
            things.take(2, more=False)
