"""Whether a candidate may serve: the test behind it, by hand, and the policy around it."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.dataset import Dataset, Split
from model.errors import VersionNotFound
from model.evaluation import error_interval, evaluate
from model.gate import Abstentions, Comparison, HeldOut, Readings, binomial_tail, compare, judge
from model.promotion import promote, serving
from model.publication import Origin, publish
from model.registry import Registry
from model.training import Trained, Trainer, train
from tests.model.conftest import small_config


def test_binomial_tails_worked_out_by_hand() -> None:
    """At least 3 heads of 4: 5 of 16; at least 5 of 5: 1 of 32; none of none: certain."""
    assert binomial_tail(3, 4) == 5 / 16
    assert binomial_tail(5, 5) == 1 / 32
    assert binomial_tail(0, 0) == 1
    assert binomial_tail(0, 9) == 1


@pytest.mark.parametrize(
    ("mended", "spoiled", "better", "worse"),
    [
        (4, 0, False, False),
        (5, 0, True, False),
        (0, 5, False, True),
        (60, 40, True, False),
        (55, 45, False, False),
    ],
)
def test_better_and_worse_need_more_than_chance(mended: int, spoiled: int, better: bool, worse: bool) -> None:
    """Four digits mended may be luck, five are not (1 in 32); nor are 60 against 40."""
    comparison = Comparison(5000, 10, 10, mended, spoiled)
    assert (comparison.better, comparison.worse) == (better, worse)


@pytest.mark.parametrize(
    ("candidate", "current", "fewer", "more", "worse"),
    [
        (40, 30, 0, 10, False),  # no chance, but only 0.2 points
        (41, 30, 0, 11, True),
        (90, 70, 60, 80, False),  # 0.4 points, but it may be chance
        (90, 60, 60, 90, True),
        (10, 90, 85, 5, False),
    ],
)
def test_more_abstentions_count_if_they_are_felt_and_no_chance(
    candidate: int, current: int, fewer: int, more: int, worse: bool
) -> None:
    """Of 5,000 digits more than ten more, and not by luck."""
    assert Abstentions(5000, candidate, current, fewer, more).worse == worse


@pytest.fixture
def registry(tmp_path: Path, small_trained: Trained, small_split: Split) -> Registry:
    """Version 1 has learned little, version 2 is better, version 3 is version 2 again."""
    registry = Registry.open(tmp_path / "store")
    poor = Trainer(
        small_config(limit=1), replace(small_split, training=small_split.training.take(slice(0, 30)))
    )
    for _ in train(poor):
        pass
    for trained, token in ((poor.result(), "poor"), (small_trained, "good"), (small_trained, "good-again")):
        publish(registry, trained, Origin(small_config(data="own"), small_split), token)
    return registry


def nothing(data: Dataset) -> Dataset:
    """No pictures."""
    return data.take(slice(0, 0))


def without_examples(digits: Dataset) -> HeldOut:
    """Held-out digits alone."""
    return HeldOut(digits, nothing(digits), nothing(digits))


def test_counts_are_those_of_the_pairs(registry: Registry, small_split: Split) -> None:
    """Errors and differences agree with reading the digits one network at a time."""
    digits = small_split.validation
    poor, good = registry.load("1"), registry.load("2")
    result = compare(Readings.of(good, digits), Readings.of(poor, digits))
    wrong = [evaluate(a.network, digits).logits.argmax(axis=1) != digits.labels for a in (good, poor)]
    assert (result.candidate_errors, result.current_errors) == (wrong[0].sum(), wrong[1].sum())
    assert (result.mended, result.spoiled) == ((~wrong[0] & wrong[1]).sum(), (wrong[0] & ~wrong[1]).sum())


def test_a_better_candidate_passes_and_a_worse_does_not(registry: Registry, small_split: Split) -> None:
    """The verdict states the paired test."""
    digits = small_split.validation
    poor, good = registry.load("1"), registry.load("2")
    up, down = judge(good, poor, without_examples(digits)), judge(poor, good, without_examples(digits))
    assert up.promoted
    assert "mended" in up.reason
    assert "p = " in up.reason
    assert not down.promoted
    assert down.reason.startswith("significantly worse")


def test_a_candidate_that_is_the_same_does_not_pass(registry: Registry, small_split: Split) -> None:
    """Without a single difference there is no real improvement."""
    verdict = judge(registry.load("3"), registry.load("2"), without_examples(small_split.validation))
    assert not verdict.promoted
    assert verdict.reason.startswith("not significantly better")


def test_a_candidate_that_abstains_from_more_does_not_pass(registry: Registry, small_split: Split) -> None:
    """However much better it reads, when it reads; the verdict says how much was abstained from."""
    digits = small_split.validation
    poor, good = registry.load("1"), registry.load("2")
    calm = replace(poor, calibration=replace(poor.calibration, least_confidence=0.0))
    shy = replace(good, calibration=replace(good.calibration, least_confidence=0.9))
    abstained = int(Readings.of(shy, digits).abstained.sum())
    assert abstained > 20
    verdict = judge(shy, calm, without_examples(digits))
    assert not verdict.promoted
    assert verdict.reason.startswith("it abstains from more")
    assert verdict.reason.endswith(f"{abstained} abstained from, previously 0")


def test_without_a_current_network_anything_finite_passes(registry: Registry, small_split: Split) -> None:
    """There is nothing to compare with."""
    assert judge(registry.load("1"), None, without_examples(small_split.validation)).promoted


def test_mending_corrected_examples_is_a_real_improvement(registry: Registry, small_split: Split) -> None:
    """A candidate alike on digits that reads a user's corrected picture rightly passes; one that spoils it does not."""
    good = registry.load("2")
    digits = small_split.validation
    poor = registry.load("1")
    up = judge(good, poor, HeldOut(digits.take(slice(0, 3)), nothing(digits), digits))
    assert up.promoted
    assert up.reason.startswith("better on corrected examples")
    down = judge(poor, good, HeldOut(digits.take(slice(0, 1)), digits, digits))
    assert not down.promoted


def test_policies(registry: Registry, small_split: Split) -> None:
    """Never leaves the alias alone, always moves it, if_better asks the gate."""
    held_out = without_examples(small_split.validation)
    assert not promote(registry, "1", "never", held_out).promoted
    with pytest.raises(VersionNotFound):
        registry.alias("production")
    assert promote(registry, "1", "always", held_out).promoted
    assert promote(registry, "2", "if_better", held_out).promoted
    assert registry.alias("production") == "2"
    assert not promote(registry, "3", "if_better", held_out).promoted
    assert registry.alias("production") == "2"


def test_promoting_again_undoes_nothing(registry: Registry, small_split: Split) -> None:
    """A worker that repeats its last step after somebody rolled back does not promote a second time."""
    held_out = without_examples(small_split.validation)
    promote(registry, "1", "always", held_out)
    promote(registry, "2", "always", held_out)
    registry.rollback("production", "a person saw something wrong")
    assert promote(registry, "2", "always", held_out).promoted
    assert registry.alias("production") == "1"


def test_a_broken_current_version_is_passed_over(
    registry: Registry, small_split: Split, tmp_path: Path
) -> None:
    """The candidate is compared with the network that really serves."""
    registry.set_alias("production", "1", "first")
    registry.set_alias("production", "2", "second")
    (tmp_path / "store" / "models" / "2" / "manifest.json").write_text("{")
    current = serving(registry)
    assert current is not None
    assert current.version == "1"


def test_intervals_hold_the_error() -> None:
    """38 of 10,000 is 0.38 % with bounds 0.28 and 0.52; none of 100 may still be 3.7 %; by hand from the formula."""
    assert error_interval(38, 10_000) == pytest.approx((0.00277, 0.00521), abs=2e-5)
    assert error_interval(0, 100) == pytest.approx((0, 0.0370), abs=1e-4)
