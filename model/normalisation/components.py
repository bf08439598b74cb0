"""Connected shapes of a mask, from its runs of ink in each row; no loop over pixels, so noise costs no more than ink."""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Mask, Plane, extent

Ints = NDArray[np.intp]

FEW = 120
"""Runs: up to so many are joined one pair at a time, more of them all at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The shapes of one mask; entry i of ``area`` and ``boxes`` belongs to shape i.

    Args:
        ink: (h, w) the mask.
        lengths: of its runs, row by row.
        member: the shape that each run belongs to.
        area: pixels of each shape.
        boxes: (n, 4) columns x0, y0, x1, y1; x1 and y1 are exclusive.
    """

    ink: Mask
    lengths: Ints
    member: Ints
    area: Ints
    boxes: Ints

    def __len__(self) -> int:
        """Return how many shapes there are."""
        return len(self.area)

    def mass(self, plane: Plane) -> NDArray[np.float64]:
        """Return the sum of a (h, w) plane over each shape."""
        of_pixels = plane[self.ink].astype(np.float64)
        of_runs = np.add.reduceat(of_pixels, self.lengths.cumsum() - self.lengths)
        return np.bincount(self.member, weights=of_runs, minlength=len(self)).astype(np.float64)

    def mask(self, chosen: NDArray[np.bool_]) -> Mask:
        """Return where the chosen shapes are; ``chosen`` is (n,) bool."""
        if chosen.all():
            return self.ink
        picked = np.zeros_like(self.ink)
        picked[self.ink] = chosen[self.member].repeat(self.lengths)
        return picked


def label(mask: Mask) -> Components:
    """Return the shapes of a (h, w) mask; pixels that touch at a corner are connected.

    Source: run-based labelling (He, Chao, Suzuki 2008), here with all roots hooked to smaller ones at once.
    """
    height, width = mask.shape
    stride = width + 2  # two empty pixels between rows, so that a run grown by one never meets the wrong row
    rows = np.zeros((height, stride), np.int8)
    rows[:, 1:-1] = mask
    flat = rows.reshape(-1)
    steps = (flat[1:] != flat[:-1]).nonzero()[0] + 1
    starts, ends = steps[::2], steps[1::2]
    if len(starts) <= FEW:
        parent = _joined_few(starts.tolist(), ends.tolist(), stride)
    else:
        parent = _joined(len(starts), *_touching(starts, ends, stride))
    if len(parent) and not parent.any():  # most pictures hold one shape, which needs no sorting out
        area = np.array([np.count_nonzero(mask)])
        return Components(mask, ends - starts, parent, area, np.array([extent(mask)]))
    is_root = parent == np.arange(len(parent))
    member = (is_root.cumsum() - 1)[parent]
    return _measured(mask, starts, ends - starts, member, stride)


def _touching(starts: Ints, ends: Ints, stride: int) -> tuple[Ints, Ints]:
    """Pairs of runs, one in a row and one in the next, that share a column or a corner."""
    first = ends.searchsorted(starts + stride)
    counts = np.maximum(starts.searchsorted(ends + stride, side="right") - first, 0)
    upper = np.arange(len(starts)).repeat(counts)
    offset = np.arange(len(upper)) - (counts.cumsum() - counts)[upper]
    return upper, first[upper] + offset


def _joined(count: int, one: Ints, other: Ints) -> Ints:
    """The smallest run connected with each run, given the pairs that touch."""
    parent = np.arange(count)
    while True:
        a, b = parent[one], parent[other]
        if (a == b).all():
            return parent
        np.minimum.at(parent, np.maximum(a, b), np.minimum(a, b))
        while True:
            above = parent[parent]
            if (above == parent).all():
                break
            parent = above


def _joined_few(starts: list[int], ends: list[int], stride: int) -> Ints:
    """The smallest run connected with each run, one pair at a time, which is faster for a digit's few dozen."""
    parent = list(range(len(starts)))
    beyond = [sys.maxsize]
    starts, ends = starts + beyond, ends + beyond
    first = 0  # of the runs that end late enough to touch one of the row before
    for run in parent[:]:
        root = run
        while parent[root] != root:
            root = parent[root]
        while ends[first] < starts[run] + stride:
            first += 1
        below, reach = first, ends[run] + stride
        while starts[below] <= reach:
            other = below
            while parent[other] != other:
                other = parent[other]
            if root < other:
                parent[other] = root
            else:
                parent[root] = root = other
            below += 1
    for run, above in enumerate(parent):
        parent[run] = parent[above]  # a run's parent comes before it and is at its root already
    return np.array(parent, np.intp)


def _measured(mask: Mask, starts: Ints, lengths: Ints, member: Ints, stride: int) -> Components:
    count = int(member.max()) + 1 if len(member) else 0
    y, x = np.divmod(starts, stride)
    boxes = np.zeros((count, 4), np.intp)
    boxes[:, 0] = mask.shape[1]
    np.minimum.at(boxes[:, 0], member, x - 1)
    # runs are in the order of rows: the one written last is a shape's first,
    boxes[member[::-1], 1] = y[::-1]
    np.maximum.at(boxes[:, 2], member, x - 1 + lengths)
    boxes[member, 3] = y + 1  # and here its last
    area = np.bincount(member, weights=lengths, minlength=count).astype(np.intp)
    return Components(mask, lengths, member, area, boxes)
