"""The gate: whether a candidate may take the place of the network that serves now.

Both read the same digits, which neither has learned from, so every digit is a pair, and only the digits on which they
differ tell anything. If the candidate were no better, each of those would be as likely to go one way as the other: the
chance of a result at least this good is a binomial tail (McNemar 1947; the exact form as in Dietterich 1998, section 3.1).
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from model.arrays import Array
from model.artifact import Artifact
from model.calibration import expected_calibration_error
from model.dataset import Dataset
from model.honesty import answers

Flags = NDArray[np.bool_]

CALIBRATION_BINS = 15

SIGNIFICANCE = 0.05
"""The chance of promoting a candidate that is no better, or of refusing one that is no worse."""

CALIBRATION_MARGIN = 0.005
"""How much worse the candidate's expected calibration error may be, beyond what chance does to it."""

ABSTENTION_MARGIN = 0.002
"""The share of the digits by which the candidate may abstain from more, even if that is no chance: a third more than is usual."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate decided and why, in one sentence with the figures."""

    promoted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks on the same digits.

    Attributes:
        n: digits read.
        candidate_errors: misread by the candidate.
        current_errors: misread by the current network.
        mended: misread by the current network only.
        spoiled: misread by the candidate only.
    """

    n: int
    candidate_errors: int
    current_errors: int
    mended: int
    spoiled: int

    @property
    def better(self) -> bool:
        """Whether the candidate is significantly better."""
        return binomial_tail(self.mended, self.mended + self.spoiled) < SIGNIFICANCE

    @property
    def worse(self) -> bool:
        """Whether the candidate is significantly worse."""
        return binomial_tail(self.spoiled, self.mended + self.spoiled) < SIGNIFICANCE

    def __str__(self) -> str:
        """The figures as they stand in a verdict."""
        p = binomial_tail(self.mended, self.mended + self.spoiled)
        return (
            f"{self.candidate_errors} of {self.n} misread, previously {self.current_errors}; "
            f"{self.mended} mended, {self.spoiled} spoiled, p = {p:.2g}"
        )


def binomial_tail(successes: int, trials: int) -> float:
    """Return the chance of at least this many heads in so many throws of a fair coin; 1 for no throws."""
    tail: int = sum(comb(trials, k) for k in range(successes, trials + 1))
    return float(tail / 2**trials)


@dataclass(frozen=True, slots=True)
class Abstentions:
    """How often two networks abstain from the same digits.

    Attributes:
        n: digits read.
        candidate: abstained from by the candidate.
        current: abstained from by the current network.
        fewer: by the current network only.
        more: by the candidate only.
    """

    n: int
    candidate: int
    current: int
    fewer: int
    more: int

    @property
    def worse(self) -> bool:
        """Whether the candidate abstains from significantly more, and by enough to be felt."""
        felt = self.candidate - self.current > ABSTENTION_MARGIN * self.n
        return felt and binomial_tail(self.more, self.more + self.fewer) < SIGNIFICANCE

    def __str__(self) -> str:
        """The figures as they stand in a verdict."""
        return f"{self.candidate} abstained from, previously {self.current}"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What candidates are judged on.

    Attributes:
        digits: labelled digits that no version of the same data set has learned from.
        set_aside: users' examples that this training has not learned from; may be empty.
        examples: all users' examples; may be empty.
    """

    digits: Dataset
    set_aside: Dataset
    examples: Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What a network made of labelled digits: (n,) each, whether it was right, how sure it was, and whether it abstained."""

    right: Flags
    confidence: Array
    abstained: Flags

    @classmethod
    def of(cls, artifact: Artifact, data: Dataset) -> "Readings":
        """Let a network read."""
        digits, confidence = answers(artifact.calibration, artifact.network, data.images)
        return cls(
            np.asarray(digits == data.labels), confidence, confidence < artifact.calibration.least_confidence
        )

    @property
    def calibration_error(self) -> float:
        """The expected calibration error, 0 to 1."""
        return expected_calibration_error(self.confidence, self.right, CALIBRATION_BINS)


def compare(candidate: Readings, current: Readings) -> Comparison:
    """Count the pictures on which two networks differ."""
    return Comparison(
        len(candidate.right),
        int((~candidate.right).sum()),
        int((~current.right).sum()),
        mended=int((candidate.right & ~current.right).sum()),
        spoiled=int((current.right & ~candidate.right).sum()),
    )


def compare_abstentions(candidate: Readings, current: Readings) -> Abstentions:
    """Count the pictures that one of two networks abstains from and the other does not."""
    return Abstentions(
        len(candidate.right),
        int(candidate.abstained.sum()),
        int(current.abstained.sum()),
        fewer=int((current.abstained & ~candidate.abstained).sum()),
        more=int((candidate.abstained & ~current.abstained).sum()),
    )


def judge(candidate: Artifact, current: Artifact | None, held_out: HeldOut) -> Verdict:
    """Decide on a candidate under the policy ``if_better``.

    It is promoted if it is significantly better on the held-out digits, or if it reads more of the users' corrected
    pictures rightly without being significantly worse on the digits; and in either case only if it spoils none of the
    examples set aside on balance, its confidence is as honest as before, and it abstains from no more digits.

    Args:
        candidate: the newly trained network.
        current: the network that serves now; None if there is none.
        held_out: what they are compared on.
    """
    if current is None:
        return Verdict(promoted=True, reason="there was no network to compare with")
    new, old = Readings.of(candidate, held_out.digits), Readings.of(current, held_out.digits)
    on_digits, abstentions = compare(new, old), compare_abstentions(new, old)
    why = _objection(on_digits, abstentions, new.calibration_error - old.calibration_error)
    promoted = False
    if why is None:
        on_set_aside, on_examples = (
            compare(Readings.of(candidate, examples), Readings.of(current, examples))
            for examples in (held_out.set_aside, held_out.examples)
        )
        promoted, why = _benefit(on_digits, on_set_aside, on_examples)
    return Verdict(promoted, f"{why}; held-out digits: {on_digits}, {abstentions}")


def _objection(on_digits: Comparison, abstentions: Abstentions, dishonest: float) -> str | None:
    """Return why the candidate is worse on the held-out digits, if it is."""
    if on_digits.worse:
        return "significantly worse"
    if dishonest > CALIBRATION_MARGIN + _calibration_noise(on_digits):
        return f"its confidence is less honest, by {dishonest:.3f}"
    return "it abstains from more" if abstentions.worse else None


def _benefit(on_digits: Comparison, on_set_aside: Comparison, on_examples: Comparison) -> tuple[bool, str]:
    """Return whether a candidate that is not worse on the held-out digits is better, and how."""
    if on_set_aside.spoiled > on_set_aside.mended:
        return False, f"worse on the examples set aside: {on_set_aside}"
    if on_examples.mended > on_examples.spoiled:
        return True, f"better on corrected examples: {on_examples}"
    if on_digits.better:
        return True, "significantly better"
    return False, "not significantly better"


def _calibration_noise(comparison: Comparison) -> float:
    """Return the calibration error that chance alone gives to a network whose confidence is honest.

    Each of the bins holds a share of the n digits; the mean gap between confidence and accuracy in a bin is about the
    standard deviation of its accuracy, and summed over the bins at most sqrt(bins * error * (1 - error) / n).
    """
    error = max(1, comparison.candidate_errors) / comparison.n
    return float(np.sqrt(CALIBRATION_BINS * error * (1 - error) / comparison.n))
