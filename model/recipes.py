"""Trainings with a name: one after another, each going on from the network that the one before it made, or from one it names.

Costs are of one thread of a server core that multiplies 32-bit matrices at 65 to 100 GFLOP/s.

* quick: a network to try things with. Half a minute.
* standard: what a training gets that asks for nothing else. 4 minutes.
* release: the network that is shipped, from nothing, in nine stages; 52, 30, 129, 80, 24, 69, 45, 54 and 42 minutes, most of them
  beside other work, the first seven measured without marked digits. Widely varied MNIST, digits drawn in the hands of other countries, marked ones and digits found on
  synthetic paper; then variations nearer to real digits, other synthetic ones, and pictures of no digit; then the same with
  others again, for long. From there a larger network grows and learns against an adversary. It teaches one that is quick enough to
  serve, which goes on from the third stage; and both teach that again and again. Label smoothing, and the moving average
  of the weights.
"""

from dataclasses import replace
from typing import Final

from model.config import NetworkConfig, TrainingConfig


def stage(number: int) -> str:
    """Return how a training of a recipe names the network of another one, 1 the first, before it has a version."""
    return f"stage {number}"


_WIDE: Final = TrainingConfig(
    network=NetworkConfig((1000, 500)),
    examples=False,
    epochs=260,
    batch_size=256,
    learning_rate=0.002,
    augmentation="release",
    synthetic=50_000,
    average=0.9998,
    promote="never",
)
_NEARER: Final = replace(
    _WIDE, network=None, epochs=85, learning_rate=0.0008, augmentation="finish", non_digits=16_000, seed=2
)
_LONG: Final = replace(_NEARER, epochs=380, learning_rate=0.0015, seed=3)
_GROWN: Final = replace(
    _NEARER,
    network=NetworkConfig((1500, 1000, 500)),
    epochs=140,
    batch_size=512,
    learning_rate=0.0012,
    weight_decay=0.03,
    average=0.9996,
    seed=4,
)
_FIRM: Final = replace(
    _GROWN,
    network=None,
    epochs=26,
    learning_rate=0.0005,
    synthetic=43_000,
    adversarial=1.2,
    keep_start=0.5,
    average=0.999,
    seed=5,
)
_PUPIL: Final = replace(
    _GROWN,
    network=NetworkConfig((1000, 700, 500)),
    start_from=stage(3),
    teachers=(stage(5),),
    epochs=90,
    learning_rate=0.0015,
    weight_decay=0.02,
    adversarial=0.8,
    seed=11,
)
_AGAIN: Final = replace(
    _PUPIL,
    network=None,
    start_from=None,
    teachers=(stage(5), stage(6)),
    epochs=45,
    learning_rate=0.001,
    augmentation="scans",
    non_digits=24_000,
    keep_start=0.5,
    seed=12,
)
_MARKED: Final = replace(_AGAIN, teachers=(stage(5), stage(7)), epochs=56, keep_start=0.3, seed=14)
_LAST: Final = replace(
    _MARKED,
    teachers=(stage(5), stage(8)),
    epochs=44,
    learning_rate=0.0008,
    keep_start=0.0,
    promote="if_better",
    seed=15,
)

RECIPES: Final[dict[str, tuple[TrainingConfig, ...]]] = {
    "quick": (
        TrainingConfig(
            network=NetworkConfig((256, 128)),
            epochs=10,
            augmentation="standard",
            examples=False,
            promote="never",
        ),
    ),
    "standard": (TrainingConfig(),),
    "release": (_WIDE, _NEARER, _LONG, _GROWN, _FIRM, _PUPIL, _AGAIN, _MARKED, _LAST),
}
"""The trainings of each recipe, in their order."""
