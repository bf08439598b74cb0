"""Fresh variations of the training digits, a mini-batch at a time.

Reading order: `settings` (what is varied and how much), `augmenter` (one batch from start to end), `warp` (affine and
elastic deformation), `thickness` (stroke width), `degrade` (what cameras, scanners and thresholds do to a digit).
"""

from model.augmentation.augmenter import Augmenter
from model.augmentation.settings import AUGMENTATIONS, AugmentationSettings

__all__ = ["AUGMENTATIONS", "AugmentationSettings", "Augmenter"]
