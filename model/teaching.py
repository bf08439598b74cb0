"""Teachers: trained networks whose output activations another one learns, beside the true labels.

A label says that a digit is a 4; a good network says besides that it looks a little like a 9, and that of a picture bent
too far nobody can tell. A small network that learns both comes nearer to large ones than the labels alone would bring
it. Teachers read the very pictures that their pupil learns from, varied and changed by the adversary as they are.

Source: Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, section 2; that all read the same
picture: Beyer et al. 2022, Knowledge distillation: a good teacher is patient and consistent.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from model.arrays import Array
from model.network import Network

SHARE: Final = np.float32(0.8)
"""Of the teachers in the desired outputs; the rest is the label's, which corrects teachers that err."""


def taught(desired: Array, inputs: Array, teachers: Sequence[Network]) -> Array:
    """Return desired outputs between those of the labels and the mean of the teachers', (batch, 10), each row of sum 1.

    Args:
        desired: (batch, 10) desired outputs by the labels.
        inputs: (batch, 784) what the pupil sees.
        teachers: one or more, which read the same.
    """
    outputs: Array = (np.float32(1) - SHARE) * desired
    for teacher in teachers:
        outputs += SHARE / np.float32(len(teachers)) * teacher.forward(inputs)
    return outputs
