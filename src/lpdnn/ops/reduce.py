"""Axes folded to one value each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import few_axes, strides, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal["sum", "mean", "max", "min", "product", "l1", "l2", "sum_square", "log_sum", "log_sum_exp"]


def _log_sum_exp(x: Array, axes: tuple[int, ...]) -> Array:
    top = x.max(axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top
    return np.asarray(total.reshape(x.max(axis=axes).shape))


FUNCTIONS: dict[str, Callable[[Array, tuple[int, ...]], Array]] = {
    "sum": lambda x, axes: x.sum(axis=axes),
    "mean": lambda x, axes: x.mean(axis=axes),
    "max": lambda x, axes: x.max(axis=axes),
    "min": lambda x, axes: x.min(axis=axes),
    "product": lambda x, axes: x.prod(axis=axes),
    "l1": lambda x, axes: np.abs(x).sum(axis=axes),
    "l2": lambda x, axes: np.sqrt((x * x).sum(axis=axes)),
    "sum_square": lambda x, axes: (x * x).sum(axis=axes),
    "log_sum": lambda x, axes: np.log(x.sum(axis=axes)),
    "log_sum_exp": _log_sum_exp,
}


@dataclass(frozen=True)
class Reduce(Operator):
    """All elements along some axes folded to one; `keep` leaves those axes with extent 1."""

    NAME: ClassVar[str] = "reduce"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axes", "keep"})

    kind: Kind
    axes: tuple[int, ...]
    keep: bool = True

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        few_axes(x)
        if len(set(self.axes)) != len(self.axes) or any(not 0 <= axis < x.rank for axis in self.axes):
            message = f"axes {self.axes} must be different ones of the {x.rank} axes of {x}"
            raise LpdnnError(message)
        kept = [1 if axis in self.axes else extent for axis, extent in enumerate(x.shape)]
        if not self.keep:
            kept = [extent for axis, extent in enumerate(x.shape) if axis not in self.axes]
        return (TensorType(tuple(kept), x.dtype, x.layout if len(kept) == 4 else "nchw"),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(x.shape))
        with np.errstate(all="ignore"):
            folded = FUNCTIONS[self.kind](x.astype(np.float64), self.axes)
        return (np.asarray(folded).astype(np.float32).reshape(y.shape),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        steps = strides(x.shape)
        kept = [axis for axis in range(x.rank) if axis not in self.axes]
        folded = sorted(self.axes)
        outer = walk(tuple(x.shape[a] for a in kept), tuple(steps[a] for a in kept))
        inner = walk(tuple(x.shape[a] for a in folded), tuple(steps[a] for a in folded))
        return {
            "count": math.prod(x.shape[a] for a in folded),
            **outer,
            "folded_extents": inner["extents"],
            "folded_strides": inner["strides"],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        x = inputs[0]
        assert x is not None
        folds, count = x.count - outputs[0].count, outputs[0].count
        return {
            "mean": Cost(additions=folds, divisions=count),
            "max": Cost(comparisons=folds),
            "min": Cost(comparisons=folds),
            "product": Cost(multiplications=folds),
            "l2": Cost(additions=folds, multiplications=x.count, exponentials=count),
            "sum_square": Cost(additions=folds, multiplications=x.count),
            "log_sum": Cost(additions=folds, exponentials=count),
            "log_sum_exp": Cost(additions=folds + x.count, exponentials=x.count + count, comparisons=folds),
        }.get(self.kind, Cost(additions=folds))

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shape = (2, 3, 5, 7)
        positive = np.linspace(0.5, 4.0, 24, dtype=np.float32).reshape(2, 3, 4)
        return [
            Sample(cls("sum", (1,)), (shape,)),
            Sample(cls("mean", (2, 3)), (shape,)),
            Sample(cls("mean", (0, 2), keep=False), (shape,)),
            Sample(cls("max", (3,), keep=False), (shape,)),
            Sample(cls("min", (0, 1, 2, 3), keep=False), (shape,)),
            Sample(cls("product", (2,)), (positive,)),
            Sample(cls("l1", (1, 3)), (shape,)),
            Sample(cls("l2", (0,)), ((9, 4),)),
            Sample(cls("sum_square", (1,), keep=False), ((3, 4, 2),)),
            Sample(cls("log_sum", (2,)), (positive,)),
            Sample(cls("log_sum_exp", (1,)), ((3, 200),), spread=50.0),
            Sample(cls("mean", (1,)), (np.full((2, 50000), 0.1, np.float32),)),
            Sample(cls("sum", ()), ((3, 4),)),
        ]
