"""Connected shapes of a mask, from its runs of ink in each row; no loop over pixels, so noise costs no more than ink."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.normalisation.planes import Mask

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The shapes of one mask; entry i of every array belongs to shape i.

    Args:
        labels: (h, w) number of the shape at each pixel, -1 where there is none.
        area: pixels of each shape.
        boxes: (n, 4) columns x0, y0, x1, y1; x1 and y1 are exclusive.
    """

    labels: Ints
    area: Ints
    boxes: Ints

    def __len__(self) -> int:
        return len(self.area)

    def mass(self, plane: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the sum of the plane over each shape."""
        inside = self.labels >= 0
        sums: NDArray[np.float64] = np.bincount(
            self.labels[inside], weights=plane[inside], minlength=len(self)
        )
        return sums

    def mask(self, chosen: NDArray[np.bool_]) -> Mask:
        """Return where the chosen shapes are; ``chosen`` is (n,) bool."""
        lookup = np.append(chosen, False)
        picked: Mask = lookup[self.labels]
        return picked


def label(mask: Mask) -> Components:
    """Return the shapes of a (h, w) mask; pixels that touch at a corner are connected.

    Source: run-based union-find (He, Chao, Suzuki 2008), here with all roots hooked to smaller ones at once.
    """
    height, width = mask.shape
    stride = width + 2  # two empty pixels between rows, so that a run grown by one never meets the wrong row
    flat = np.zeros(height * stride + 1, np.int8)
    flat[:-1].reshape(height, stride)[:, 1:-1] = mask
    steps = np.flatnonzero(np.diff(flat)) + 1
    starts, ends = steps[::2], steps[1::2]
    roots = _joined(len(starts), *_touching(starts, ends, stride))
    _, member = np.unique(roots, return_inverse=True)
    return _measured(mask, starts, ends, member, stride)


def _touching(starts: Ints, ends: Ints, stride: int) -> tuple[Ints, Ints]:
    """Pairs of runs, one in a row and one in the next, that share a column or a corner."""
    first = np.searchsorted(ends, starts + stride)
    last = np.searchsorted(starts, ends + stride, side="right")
    counts = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(starts)), counts)
    offset = np.arange(len(upper)) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, np.repeat(first, counts) + offset


def _joined(count: int, one: Ints, other: Ints) -> Ints:
    """The smallest run connected with each run, given the pairs that touch."""
    parent = np.arange(count)
    while True:
        a, b = parent[one], parent[other]
        if np.array_equal(a, b):
            return parent
        np.minimum.at(parent, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(parent, above := parent[parent]):
            parent = above


def _measured(mask: Mask, starts: Ints, ends: Ints, member: Ints, stride: int) -> Components:
    count = int(member.max()) + 1 if len(member) else 0
    lengths = ends - starts
    labels = np.full(mask.shape, -1, np.intp)
    labels[mask] = np.repeat(member, lengths)
    y = starts // stride
    x0 = starts - y * stride - 1
    boxes = np.empty((count, 4), np.intp)
    boxes[:, :2] = max(mask.shape)
    boxes[:, 2:] = 0
    np.minimum.at(boxes[:, 0], member, x0)
    np.minimum.at(boxes[:, 1], member, y)
    np.maximum.at(boxes[:, 2], member, x0 + lengths)
    np.maximum.at(boxes[:, 3], member, y + 1)
    area = np.bincount(member, weights=lengths, minlength=count).astype(np.intp)
    return Components(labels, area, boxes)
