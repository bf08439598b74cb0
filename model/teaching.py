"""A teacher: a trained network whose output activations another one learns, beside the true labels.

A label says that a digit is a 4; a good network says besides that it looks a little like a 9, and that of a picture bent
too far nobody can tell. A small network that learns both comes nearer to a large one than the labels alone would bring
it. The teacher reads the very pictures that its pupil learns from, varied and changed by the adversary as they are.

Source: Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, section 2; that both read the same
picture: Beyer et al. 2022, Knowledge distillation: a good teacher is patient and consistent.
"""

from typing import Final

import numpy as np

from model.arrays import Array
from model.network import Network

SHARE: Final = np.float32(0.8)
"""Of the teacher in the desired outputs; the rest is the label's, which corrects a teacher that errs."""


def taught(desired: Array, inputs: Array, teacher: Network) -> Array:
    """Return desired outputs between those of the labels and those of a teacher, (batch, 10), each row of sum 1.

    Args:
        desired: (batch, 10) desired outputs by the labels.
        inputs: (batch, 784) what the pupil sees.
        teacher: reads the same.
    """
    answers: Array = teacher.forward(inputs)
    answers *= SHARE
    answers += (np.float32(1) - SHARE) * desired
    return answers
