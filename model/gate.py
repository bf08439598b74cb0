"""The gate: whether a candidate may take the place of the network that serves now.

Both read the same digits, which neither has learned from, so every digit is a pair, and only the digits on which they
differ tell anything. If the candidate were no better, each of those would be as likely to go one way as the other: the
chance of a result at least this good is a binomial tail (McNemar 1947; the exact form as in Dietterich 1998, section 3.1).
"""

from dataclasses import dataclass
from math import comb

import numpy as np

from model.artifact import Artifact
from model.calibration import expected_calibration_error
from model.dataset import Dataset
from model.evaluation import logits_of

CALIBRATION_BINS = 15

SIGNIFICANCE = 0.05
"""The chance of promoting a candidate that is no better, or of refusing one that is no worse."""

CALIBRATION_MARGIN = 0.005
"""How much worse the candidate's expected calibration error may be, beyond what chance does to it."""


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
        """Whether the candidate is better beyond chance."""
        return binomial_tail(self.mended, self.mended + self.spoiled) < SIGNIFICANCE

    @property
    def worse(self) -> bool:
        """Whether the candidate is worse beyond chance."""
        return binomial_tail(self.spoiled, self.mended + self.spoiled) < SIGNIFICANCE

    def __str__(self) -> str:
        """The figures as they stand in a verdict."""
        p = binomial_tail(self.mended, self.mended + self.spoiled)
        return (
            f"{self.candidate_errors} of {self.n} misread, before {self.current_errors}; "
            f"{self.mended} mended, {self.spoiled} spoiled, p = {p:.2g}"
        )


def binomial_tail(successes: int, trials: int) -> float:
    """Return the chance of at least this many heads in so many throws of a fair coin; 1 for no throws."""
    tail: int = sum(comb(trials, k) for k in range(successes, trials + 1))
    return float(tail / 2**trials)


def compare(candidate: Artifact, current: Artifact, data: Dataset) -> Comparison:
    """Let both networks read the same pictures."""
    candidate_right = logits_of(candidate.network, data).argmax(axis=1) == data.labels
    current_right = logits_of(current.network, data).argmax(axis=1) == data.labels
    return Comparison(
        len(data),
        int((~candidate_right).sum()),
        int((~current_right).sum()),
        mended=int((candidate_right & ~current_right).sum()),
        spoiled=int((current_right & ~candidate_right).sum()),
    )


def judge(
    candidate: Artifact, current: Artifact | None, digits: Dataset, held_out: Dataset, corrected: Dataset
) -> Verdict:
    """Decide on a candidate under the policy ``if_better``.

    It is promoted if it is better beyond chance on the held-out digits, or if it reads more of the users' corrected
    pictures rightly without being worse beyond chance on the digits; and in either case only if it spoils none of the
    examples set aside on balance and its confidence is as honest as before.

    Args:
        candidate: the newly trained network.
        current: the network that serves now; None if there is none.
        digits: labelled digits that neither has learned from.
        held_out: users' examples set aside from this training; may be empty.
        corrected: all users' examples; may be empty.
    """
    if current is None:
        return Verdict(promoted=True, reason="there was no network to compare with")
    on_digits = compare(candidate, current, digits)
    on_held_out = compare(candidate, current, held_out)
    on_corrected = compare(candidate, current, corrected)
    dishonest = _calibration_error(candidate, digits) - _calibration_error(current, digits)
    report = f"held-out digits: {on_digits}"
    if on_digits.worse:
        promoted, why = False, "worse beyond chance"
    elif dishonest > CALIBRATION_MARGIN + _calibration_noise(on_digits):
        promoted, why = False, f"its confidence is less honest, by {dishonest:.3f}"
    elif on_held_out.spoiled > on_held_out.mended:
        promoted, why = False, f"worse on the examples set aside: {on_held_out}"
    elif on_corrected.mended > on_corrected.spoiled:
        promoted, why = True, f"better on corrected examples: {on_corrected}"
    elif on_digits.better:
        promoted, why = True, "better beyond chance"
    else:
        promoted, why = False, "no better beyond chance"
    return Verdict(promoted, f"{why}; {report}")


def _calibration_noise(comparison: Comparison) -> float:
    """Return the calibration error that chance alone gives to a network whose confidence is honest.

    Each of the bins holds a share of the n digits; the mean gap between confidence and accuracy in a bin is about the
    standard deviation of its accuracy, and summed over the bins at most sqrt(bins * error * (1 - error) / n).
    """
    error = max(1, comparison.candidate_errors) / comparison.n
    return float(np.sqrt(CALIBRATION_BINS * error * (1 - error) / comparison.n))


def _calibration_error(artifact: Artifact, data: Dataset) -> float:
    activations = artifact.calibration.activations(logits_of(artifact.network, data))
    return expected_calibration_error(
        activations.max(axis=1), np.asarray(activations.argmax(axis=1) == data.labels)
    )
