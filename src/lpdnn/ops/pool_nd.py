"""Pooling over one to three axes, with windows that may have gaps: whatever `pool` does not do."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._windows import span

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 3
"""Axes that windows slide over at most."""


@dataclass(frozen=True)
class PoolNd(Operator):
    """Largest value, mean or p-norm of each window over all axes of x [N,C,...] but the first two.

    Padding as in `pool`: never the largest, 0 in a mean or norm; with `ceil` the last window may stick out.
    A mean divides by the elements of its window that lie in padded x, or in x alone unless `count_padding`.
    max_index is the place of the largest value in all of x, the first of equal ones.
    """

    NAME: ClassVar[str] = "pool_nd"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"kernel", "stride", "dilation", "before", "after", "ceil"}
    )

    kind: Literal["max", "average", "norm", "max_index"]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    ceil: bool = False
    count_padding: bool = True
    p: int = 2

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        axes = x.rank - 2
        if not 1 <= axes <= MOST:
            message = f"pooling needs an input of 3 to {MOST + 2} axes, not {x}"
            raise LpdnnError(message)
        if {len(v) for v in (self.kernel, self.stride, self.dilation, self.before, self.after)} != {axes}:
            message = f"pooling of {x} needs {axes} numbers for kernel, stride, dilation and padding each"
            raise LpdnnError(message)
        if self.p < 1:
            message = f"a norm of order {self.p} is not supported; it must be 1 or more"
            raise LpdnnError(message)
        if self.kind == "max_index" and x.count > 2**24:
            message = f"{x} has places beyond 2^24, which float does not hold exactly"
            raise LpdnnError(message)
        return (x.reshaped(*x.shape[:2], *(self._extent(x.shape[2 + axis], axis) for axis in range(axes))),)

    def _extent(self, size: int, axis: int) -> int:
        name = f"axis {axis + 2}"
        before, after = self.before[axis], self.after[axis]
        covered = span(
            size,
            self.kernel[axis],
            stride=self.stride[axis],
            dilation=self.dilation[axis],
            before=before,
            after=after,
            axis=name,
        )
        room = size + before + after - covered
        if max(before, after) >= covered:
            message = f"{name}: padding {before}+{after} must be smaller than the window's span {covered}"
            raise LpdnnError(message)
        count = (-(-room // self.stride[axis]) if self.ceil else room // self.stride[axis]) + 1
        if self.ceil and (count - 1) * self.stride[axis] >= size + before:
            count -= 1
        if count < 1 or (not self.ceil and room < 0):
            message = f"{name}: a window that spans {covered} does not fit into {size} + {before}+{after}"
            raise LpdnnError(message)
        return count

    def reference(self, x: Array) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(x.shape))
        out = np.empty(y.shape)
        for place in itertools.product(*(range(extent) for extent in y.shape[2:])):
            taps: list[Array] = []
            counted = 1
            for axis, index in enumerate(place):
                size, first = x.shape[2 + axis], index * self.stride[axis] - self.before[axis]
                tap = first + self.dilation[axis] * np.arange(self.kernel[axis])
                inside = tap[(tap >= 0) & (tap < size)]
                taps.append(inside)
                end = size + (self.after[axis] if self.count_padding else 0)
                counted *= int(np.sum(tap < end)) if self.count_padding else inside.size
            box: Any = (slice(None), slice(None), *np.ix_(*taps))
            window = x[box].astype(np.float64).reshape(*x.shape[:2], -1)
            if self.kind == "max_index":
                flat = np.ravel_multi_index(np.ix_(*taps), x.shape[2:]).ravel()
                planes = np.arange(x.shape[0] * x.shape[1]).reshape(x.shape[:2]) * np.prod(x.shape[2:])
                value = planes + flat[window.argmax(axis=2)]
            elif self.kind == "max":
                value = window.max(axis=2, initial=-np.inf)
            elif self.kind == "average":
                value = window.sum(axis=2) / max(counted, 1)
            else:
                value = (np.abs(window) ** self.p).sum(axis=2) ** (1 / self.p)
            at: Any = (slice(None), slice(None), *place)
            out[at] = value
        return (out.astype(np.float32),)

    def _three(self, values: Sequence[int], missing: int) -> tuple[int, ...]:
        return (*(missing,) * (MOST - len(values)), *values)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, y = inputs[0], outputs[0]
        assert x is not None
        return {
            "planes": x.shape[0] * x.shape[1],
            "sizes": self._three(x.shape[2:], 1),
            "out_sizes": self._three(y.shape[2:], 1),
            "window": self._three(self.kernel, 1),
            "strides": self._three(self.stride, 1),
            "gaps": self._three(self.dilation, 1),
            "padding_before": self._three(self.before, 0),
            "padding_after": self._three(self.after, 0),
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        folds = count * int(np.prod(self.kernel))
        if self.kind.startswith("max"):
            return Cost(comparisons=folds)
        if self.kind == "average":
            return Cost(additions=folds, divisions=count)
        return Cost(additions=folds, multiplications=folds, exponentials=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        cases: list[tuple[PoolNd, tuple[int, ...]]] = []
        for kind in ("max", "average", "norm", "max_index"):
            cases += [
                (cls(kind, (3,), (2,), (1,), (1,), (1,)), (2, 3, 9)),
                (cls(kind, (2, 3), (1, 2), (2, 2), (1, 0), (0, 2)), (1, 2, 7, 9)),
                (
                    cls(kind, (2, 2, 2), (2, 2, 1), (1, 1, 1), (0, 0, 0), (0, 0, 0), ceil=True),
                    (1, 2, 5, 4, 3),
                ),
                (cls(kind, (3, 3), (2, 2), (1, 1), (1, 1), (1, 1), count_padding=False), (1, 2, 6, 5)),
            ]
        cases.append((cls("norm", (3,), (1,), (1,), (0,), (0,), p=3), (1, 2, 8)))
        return [Sample(op, (shape,)) for op, shape in cases]
