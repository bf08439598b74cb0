"""A checkpoint: everything a training needs to go on to the very bits it would have reached undisturbed.

It is a safetensors file: the arrays that change, and one metadata entry ``numeral`` of JSON that says which training it
belongs to and where that stood. Format: https://github.com/huggingface/safetensors#format
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from model.config import TrainingConfig
from model.dataset import Split
from model.errors import CheckpointInvalid
from model.network import Network
from model.progress import EpochReport
from model.revision import REVISION, UNKNOWN
from model.tensors import read_metadata
from model.training import Trainer


def save_checkpoint(trainer: Trainer) -> bytes:
    """Return the checkpoint of a trainer at rest."""
    where = {
        "training": _training(trainer),
        "epoch": trainer.epoch,
        "batch": trainer.batch,
        "loss_sum": trainer.loss_sum,
        "history": [asdict(report) for report in trainer.history],
        "revisions": trainer.revisions,
    }
    return save(trainer.state(), {"numeral": json.dumps(where, sort_keys=True)})


def restore(
    config: TrainingConfig,
    data: Split,
    checkpoint: bytes,
    start: Network | None = None,
    teachers: Sequence[Network] = (),
) -> Trainer:
    """Return a trainer that stands where the checkpoint was made.

    A checkpoint made by another revision of the code is taken all the same: hours of training are worth more than the bits of
    an undisturbed run. The trainer's ``revisions``, and so the manifest, tell of it.

    Args:
        config: the same that the training began with.
        data: the same.
        checkpoint: from ``save_checkpoint``.
        start: the network the training went on from, if any.
        teachers: the networks it learns from, if any.

    Raises:
        CheckpointInvalid: the checkpoint is torn, or of another configuration or other data.
    """
    try:
        arrays = load(checkpoint)
        where = json.loads(read_metadata(checkpoint)["numeral"])
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointInvalid(f"expected a whole checkpoint: {type(error).__name__}") from error
    trainer = Trainer(config, data, start, teachers)
    if where.get("training") != _training(trainer):
        raise CheckpointInvalid(
            "expected a checkpoint of this configuration and data, got one of another training"
        )
    state = trainer.state()
    if {name: array.shape for name, array in arrays.items()} != {n: a.shape for n, a in state.items()}:
        raise CheckpointInvalid("expected a checkpoint with the arrays of this network, got others")
    for name, array in state.items():
        np.copyto(array, arrays[name])
    history = [EpochReport(**report) for report in where["history"]]
    trainer.revisions = _followed(where.get("revisions", [UNKNOWN]))
    trainer.move_to(where["epoch"], where["batch"], where["loss_sum"], history)
    return trainer


def _followed(revisions: list[str]) -> list[str]:
    """Return the revisions so far, and this one if it is another."""
    return revisions if revisions[-1] == REVISION else [*revisions, REVISION]


def _training(trainer: Trainer) -> dict[str, Any]:
    """What must be the same for the bits to be the same."""
    data = trainer.data
    return {
        "config": trainer.config.to_dict(),
        "training_data": data.training.digest,
        "validation_data": data.validation.digest,
    }
