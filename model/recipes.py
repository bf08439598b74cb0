"""Configurations with a name. `release` and then `finish` make the network that is shipped, from nothing.

Costs are of one thread of a server core that multiplies 32-bit matrices at about 110 GFLOP/s, alone on it.

* quick: a network to try things with. Half a minute.
* standard: what a training gets that asks for nothing else. 4 minutes.
* release: wide variations of MNIST, digits drawn in the hands of other countries, digits found on synthetic paper;
  label smoothing, and the moving average of the weights. About 45 minutes.
* finish: goes on from the version that release made, with variations nearer to real digits, other synthetic ones, and
  pictures of no digit. About 20 minutes. Needs `--start-from VERSION`.
"""

from typing import Final

from model.config import NetworkConfig, TrainingConfig

RECIPES: Final[dict[str, TrainingConfig]] = {
    "quick": TrainingConfig(
        network=NetworkConfig((256, 128)), epochs=10, augmentation="standard", examples=False, promote="never"
    ),
    "standard": TrainingConfig(),
    "release": TrainingConfig(
        network=NetworkConfig((1000, 500)),
        examples=False,
        epochs=260,
        batch_size=256,
        learning_rate=0.002,
        augmentation="release",
        synthetic=35_000,
        average=0.9998,
    ),
    "finish": TrainingConfig(
        examples=False,
        epochs=85,
        batch_size=256,
        learning_rate=0.0008,
        augmentation="finish",
        synthetic=35_000,
        non_digits=16_000,
        average=0.9998,
        seed=2,
    ),
}
"""Trainings by the name of their recipe."""
