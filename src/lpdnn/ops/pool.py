"""Pooling: the largest or the mean value of each window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._windows import Padding, Pair, extent, padded, span, windows

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Pool(Operator):
    """Largest or mean value of each window of x [N,C,H,W]; padding is never the largest, and 0 in a mean.

    `ceil`: the last window may stick out below or right, but not start beyond x and its leading padding.
    A mean divides by the elements of its window inside padded x, or inside x alone unless `count_padding`.
    """

    NAME: ClassVar[str] = "pool"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"ceil"})

    kind: Literal["max", "average"]
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    ceil: bool = False
    count_padding: bool = True

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.rank != 4:
            message = f"pooling needs a 4-D input, not {x}"
            raise LpdnnError(message)
        if self.kind == "average" and x.dtype != "f32":
            message = f"the mean of {x} is not an integer: that is qpool"
            raise LpdnnError(message)
        height, width = (self._extent(x.shape[2 + axis], axis) for axis in (0, 1))
        return (x.reshaped(*x.shape[:2], height, width),)

    def _extent(self, size: int, axis: int) -> int:
        name = ("height", "width")[axis]
        kernel, stride = self.kernel[axis], self.stride[axis]
        before, after = self.padding[axis], self.padding[axis + 2]
        span(size, kernel, stride=stride, dilation=1, before=before, after=after, axis=name)
        if max(before, after) >= kernel:
            message = f"{name}: padding {before}+{after} must be smaller than kernel {kernel}"
            raise LpdnnError(message)
        if not self.ceil:
            return extent(size, kernel, stride, 1, before, after, name)
        count = 1 - (kernel - size - before - after) // stride
        if count < 1:
            message = f"{name}: a kernel of {kernel} does not fit into {size} + padding {before}+{after}"
            raise LpdnnError(message)
        return count - ((count - 1) * stride >= size + before)

    def _divisors(self, size: int, count: int, axis: int) -> Array:
        """Return how many rows or columns each window's mean counts."""
        first = np.arange(count) * self.stride[axis] - self.padding[axis]
        end = first + self.kernel[axis]
        if self.count_padding:
            return np.minimum(end, size + self.padding[axis + 2]) - first
        return np.minimum(end, size) - np.maximum(first, 0)

    def _windows(self, x: Array, value: float) -> Array:
        """Return padded x as [N,C,OH,OW,KH,KW]."""
        height, width = self.infer(TensorType(x.shape))[0].shape[2:]
        beyond = [
            max(
                0,
                (count - 1) * self.stride[axis] + self.kernel[axis] - self.padding[axis] - x.shape[2 + axis],
            )
            for axis, count in enumerate((height, width))
        ]
        border = (self.padding[0], self.padding[1], beyond[0], beyond[1])
        return windows(padded(x, border, value), self.kernel, self.stride, (1, 1), (height, width))

    def sums(self, x: Array) -> tuple[Array, Array]:
        """Return the sum of each window of x in float64, and how many elements its mean counts [OH,OW]."""
        view = self._windows(x.astype(np.float64), 0.0)
        rows, columns = (self._divisors(x.shape[2 + axis], view.shape[2 + axis], axis) for axis in (0, 1))
        return view.sum(axis=(4, 5)), np.outer(rows, columns)

    def reference(self, x: Array) -> tuple[Array, ...]:
        if self.kind == "max":
            return (self._windows(x.astype(np.float64), -np.inf).max(axis=(4, 5)).astype(x.dtype),)
        total, counts = self.sums(x)
        return ((total / counts).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        batch, channels, height, width = x.shape
        return {
            "batch": batch,
            "channels": channels,
            "height": height,
            "width": width,
            "out_height": outputs[0].shape[2],
            "out_width": outputs[0].shape[3],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        folds = count * (self.kernel[0] * self.kernel[1] - 1)
        if self.kind == "max":
            return Cost(comparisons=folds)
        return Cost(additions=folds, divisions=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        cases: list[tuple[Pool, tuple[int, ...]]] = []
        for kind in ("max", "average"):
            cases += [
                (cls(kind, (2, 2), (2, 2)), (1, 3, 8, 6)),
                (cls(kind, (3, 3), (2, 2), ceil=True), (2, 3, 8, 7)),
                (cls(kind, (3, 3), (2, 2), (1, 1, 1, 1), ceil=True), (1, 2, 6, 8)),
                (cls(kind, (3, 5), (2, 1), (2, 1, 2, 1), ceil=True), (1, 2, 9, 11)),
                (cls(kind, (2, 2), (2, 2), (1, 1, 1, 1), ceil=True), (1, 2, 5, 4)),
                (cls(kind, (3, 3), (1, 1), (1, 1, 1, 1), count_padding=False), (1, 4, 5, 5)),
                (cls(kind, (3, 2), (2, 3), (0, 1, 2, 0), ceil=True, count_padding=False), (1, 2, 7, 9)),
                (cls(kind, (3, 4), (2, 3), (0, 2, 1, 1), ceil=True), (1, 2, 7, 8)),
                (cls(kind, (7, 5)), (1, 6, 7, 5)),
                (cls(kind, (3, 3), (2, 2), ceil=True), (1, 3, 2, 2)),
                (cls(kind, (1, 1), (3, 2)), (1, 2, 7, 7)),
            ]
        cases.append((cls("average", (150, 170)), (1, 2, 150, 170)))
        return [Sample(op, (shape,)) for op, shape in cases]
