"""Counters in memory that several processes share."""

import os

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.counters import CROWD, Counters, Family
from service.exposition import CountersCollector


def shown(counters: Counters) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample as Prometheus would read it, by name and label values."""
    registry = CollectorRegistry()
    registry.register(CountersCollector(counters))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(s.name, tuple(s.labels.values())): s.value for family in families for s in family.samples}


def test_a_histogram_puts_values_in_their_buckets() -> None:
    """A value on a bound belongs to its bucket; counts add up towards infinity; the sum is exact."""
    sizes = Family("histogram", "size", "Sizes.", None, (1, 10))
    counters = Counters([sizes])
    for value in (0.5, 1, 2, 10, 11, 1000):
        sizes.observe(sizes.place(), value)
    found = shown(counters)
    assert [found["size_bucket", (bound,)] for bound in ("1.0", "10.0", "+Inf")] == [2, 4, 6]
    assert (found["size_count", ()], found["size_sum", ()]) == (6, 1024.5)


def test_children_are_kept_apart() -> None:
    """Each combination of label values has its own count, there from the start."""
    first = Family("counter", "first", "One.", {"a": ("x", "y"), "b": ("1", "2")})
    second = Family("gauge", "second", "Another.")
    counters = Counters([first, second])
    first.add(first.place("y", "1"))
    first.add(first.place("y", "1"), 2)
    second.add(second.place(), 5)
    second.add(second.place(), -1)
    found = shown(counters)
    assert {labels: value for (name, labels), value in found.items() if name == "first_total"} == {
        ("x", "1"): 0, ("x", "2"): 0, ("y", "1"): 3, ("y", "2"): 0
    }  # fmt: skip
    assert found["second", ()] == 4


def test_other_label_values_cannot_come_into_being() -> None:
    """What was not laid out at the start has no place."""
    with pytest.raises(KeyError):
        Family("counter", "first", "One.", {"a": ("x",)}).place("another")


def test_processes_add_up() -> None:
    """A forked process counts in its own row; one that follows it goes on there, but its gauges begin anew."""
    count, gauge = Family("counter", "count", "One."), Family("gauge", "level", "Two.")
    counters = Counters([count, gauge], processes=3)
    counters.take_row(0)
    count.add(count.place(), 1)
    for _ in range(2):
        child = os.fork()
        if child == 0:
            counters.take_row(2)
            count.add(count.place(), 10)
            gauge.add(gauge.place(), 7)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    found = shown(counters)
    assert (found["count_total", ()], found["level", ()]) == (21, 7)


@pytest.mark.parametrize("size", [1, CROWD - 1, CROWD, 100])
def test_many_additions_at_once_are_those_of_one_after_the_other(size: int) -> None:
    """Also several to the same place, and values on a bound."""
    one, many = (Family("histogram", "h", "H.", {"k": ("a", "b")}, (1, 2, 4)) for _ in range(2))
    counted, at_once = (Family("counter", "c", "C.", {"k": ("a", "b")}) for _ in range(2))
    together = Counters([many, at_once])
    singly = Counters([one, counted])
    values = [float(i % 6) for i in range(size)]
    names = ["ab"[i % 2] for i in range(size)]
    many.observe_each([many.place(name) for name in names], values)
    at_once.add_each([at_once.place(name) for name in names])
    for name, value in zip(names, values, strict=True):
        one.observe(one.place(name), value)
        counted.add(counted.place(name))
    assert shown(together) == shown(singly)
