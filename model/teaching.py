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

    Of a picture that some teachers misread, the others teach; of one that all misread, all do: nobody can tell.

    Args:
        desired: (batch, 10) desired outputs by the labels.
        inputs: (batch, 784) what the pupil sees.
        teachers: one or more, which read the same.
    """
    said = np.stack([teacher.forward(inputs) for teacher in teachers])
    most = np.take_along_axis(desired[None], said.argmax(axis=2, keepdims=True), axis=2)
    heard = (most == desired.max(axis=1, keepdims=True)).astype(np.float32)
    heard += ~heard.any(axis=0)
    mean = (heard * said).sum(axis=0) / heard.sum(axis=0)
    outputs: Array = (np.float32(1) - SHARE) * desired + SHARE * mean
    return outputs
