"""What layers read: the mean and the second moments of the vectors that their filters are multiplied with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected

if TYPE_CHECKING:
    from lpdnn.ir import Array, Node

PLACES = 64
"""Places of a feature map that are looked at in one example."""
AT_ONCE = 512
LEAST = 1e-3
"""What a weight that reads nothing but zeros counts, relative to the mean."""
WIDEST = 4608
"""Longest vector whose second moments are kept: 85 MB, 3x3 of 512 channels."""


@dataclass
class Moments:
    """Sums over the vectors seen: [groups][K], and [groups][K][K] where K is not beyond WIDEST."""

    total: Array
    squares: Array | None
    count: int = 0
    _waiting: list[Array] = field(default_factory=list)

    @property
    def mean(self) -> Array:
        """Mean vector, f64 [groups][K]."""
        return np.asarray(self.total / max(self.count, 1))

    def energy(self, filters: int) -> Array | None:
        """Return the mean square of what each weight of so many filters is multiplied by, 1 on average.

        f64 [filters][K], or [1][K] where all filters read the same; None where it is not known. Weights that
        nothing was seen for count a little.
        """
        if self.squares is None:
            return None
        found = np.einsum("gkk->gk", self.squares).astype(np.float64)
        found = np.maximum(found / max(float(found.mean()), 1e-30), LEAST)
        return found if len(found) == 1 else np.repeat(found, filters // len(found), axis=0)

    def add(self, vectors: Array) -> None:
        """Take in vectors [groups][K][places]; `settle` when there are no more."""
        self.total += vectors.sum(axis=2)
        self.count += vectors.shape[2]
        if self.squares is not None:
            self._waiting.append(vectors)
            if sum(one.shape[2] for one in self._waiting) >= AT_ONCE:
                self.settle()

    def settle(self) -> None:
        """Multiply what is waiting: many vectors at once, since each time all of `squares` is gone through."""
        if self._waiting and self.squares is not None:
            together = np.concatenate(self._waiting, axis=2)
            self.squares += together @ together.swapaxes(1, 2)
        self._waiting.clear()


def measurable(node: Node) -> bool:
    """Tell whether the vectors that a node's filters are multiplied with can be told."""
    return isinstance(node.op, Conv2d | FullyConnected)


def empty(node: Node, weight: Array) -> Moments:
    """Return moments for a node with weights of a shape, before anything was seen."""
    groups = node.op.groups if isinstance(node.op, Conv2d) else 1
    length = int(np.prod(weight.shape[1:]))
    squares = np.zeros((groups, length, length), np.float32) if length <= WIDEST else None
    return Moments(np.zeros((groups, length)), squares)


def vectors(node: Node, x: Array, weight: Array, rng: np.random.Generator) -> Array:
    """Return some of the vectors that a node's filters are multiplied with: f32 [groups][K][places]."""
    if isinstance(node.op, FullyConnected):
        return np.ascontiguousarray(x.reshape(-1, weight.shape[1]).T)[None]
    op = node.op
    assert isinstance(op, Conv2d)
    top, left, bottom, right = op.padding
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right))) if any(op.padding) else x
    kernel = weight.shape[2:]
    extents = [
        (padded.shape[2 + axis] - (kernel[axis] - 1) * op.dilation[axis] - 1) // op.stride[axis] + 1
        for axis in (0, 1)
    ]
    count = extents[0] * extents[1]
    places = rng.choice(count, PLACES, replace=False) if count > PLACES else np.arange(count)
    rows = (places // extents[1] * op.stride[0])[:, None] + np.arange(kernel[0]) * op.dilation[0]
    columns = (places % extents[1] * op.stride[1])[:, None] + np.arange(kernel[1]) * op.dilation[1]
    # [N][C][P][KH][KW] -> [groups][C/groups KH KW][N P]
    found = padded[:, :, rows[:, :, None], columns[:, None, :]]
    batch, channels, seen = found.shape[:3]
    found = found.transpose(1, 3, 4, 0, 2).reshape(
        op.groups, channels // op.groups * kernel[0] * kernel[1], batch * seen
    )
    return np.ascontiguousarray(found)
