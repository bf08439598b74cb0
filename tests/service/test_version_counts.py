"""What each version did, in memory that several processes share."""

from service.exchange import PHASES
from service.version_counts import OTHER, SLOTS, VersionCounts

SECONDS = [0.5] * len(PHASES)


def test_the_rows_of_all_processes_add_up() -> None:
    """A version has another slot in each row, and one count."""
    counts = VersionCounts(2)
    counts.read("1", 3)
    counts.read("2", 5)
    counts.take_row(1)
    counts.read("2", 7)
    counts.read("1", 1)
    assert [(count.version, count.pictures, count.passes) for count in counts.counts()] == [
        ("1", 4, 2),
        ("2", 12, 2),
    ]


def test_a_process_that_takes_over_a_row_goes_on_counting() -> None:
    """What a process counted before it died stays, and its successor adds to it."""
    counts = VersionCounts(1)
    counts.inferred("7", SECONDS, 4.0)
    counts.take_row(0)
    counts.inferred("7", SECONDS, 4.0)
    counts.failed("7", 1.0)
    (count,) = counts.counts()
    assert (count.version, count.requests, count.failed) == ("7", 2, 1)
    assert (count.success, count.fail, count.infer, count.input) == (8.0, 1.0, 1.0, 3.0)
    assert count.last > 1_700_000_000


def test_more_versions_than_slots_count_together() -> None:
    """The label values stay bounded however many versions come."""
    counts = VersionCounts(1)
    for version in range(1, SLOTS + 11):
        counts.read(str(version), 1)
    found = counts.counts()
    assert len(found) == SLOTS + 1
    assert (found[0].version, found[0].pictures) == (OTHER, 10)


def test_processes_are_counted_by_the_version_they_serve() -> None:
    """One that has no network yet counts nowhere; one that reloads counts at its new version alone."""
    counts = VersionCounts(3)
    counts.serves("1")
    counts.take_row(1)
    counts.serves("1")
    counts.serves("2")
    assert counts.serving() == {"1": 1, "2": 1}
