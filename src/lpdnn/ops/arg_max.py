"""The places of the largest values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import axis_of

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT = 2**24
"""Indices are stored as float, which holds every integer up to here."""


@dataclass(frozen=True)
class ArgMax(Operator):
    """The top_k largest values, first the largest; of equal ones, first the one with the larger index.

    Along an axis: their indices, or with `with_values` their values instead. Axis -1 is all of an image: the
    result is [N,1,top_k] of indices, or [N,2,top_k] of indices, then values, followed by unit axes up to the
    rank of x (Caffe). NaN comes after everything else. `smallest` looks for the smallest values instead, and
    with `first_index` the smaller index of equal values comes first.
    """

    NAME: ClassVar[str] = "arg_max"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    TOLERANCE: ClassVar[float] = 0.0

    top_k: int = 1
    axis: int = -1
    with_values: bool = False
    smallest: bool = False
    first_index: bool = False

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.rank < 1:
            message = f"{x} has no axis to search along"
            raise LpdnnError(message)
        if self.axis == -1:
            size = math.prod(x.shape[1:])
            shape = (x.shape[0], 2 if self.with_values else 1, self.top_k, *(1,) * (x.rank - 3))
        else:
            axis = axis_of(x, self.axis)
            size = x.shape[axis]
            shape = (*x.shape[:axis], self.top_k, *x.shape[axis + 1 :])
        if not 1 <= self.top_k <= size:
            message = f"top_k is {self.top_k}, and there are {size} values to choose from in {x}"
            raise LpdnnError(message)
        if size > EXACT:
            message = f"{x} has {size} values to choose from; indices above {EXACT} have no exact float"
            raise LpdnnError(message)
        return (x.reshaped(*shape),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(x.shape))
        rows = x.reshape(x.shape[0], -1) if self.axis == -1 else np.moveaxis(x, self.axis, -1)
        unknown = np.isnan(rows)
        index = np.broadcast_to(np.arange(rows.shape[-1]), rows.shape)
        value = np.where(unknown, 0, rows)
        keys = (index if self.first_index else -index, value if self.smallest else -value, unknown)
        best = np.lexsort(keys, axis=-1)[..., : self.top_k]
        values = np.take_along_axis(rows, best, axis=-1)
        if self.axis == -1:
            found = np.stack([best, values], axis=1) if self.with_values else best
            return (found.reshape(y.shape).astype(np.float32),)
        found = values if self.with_values else best
        return (np.ascontiguousarray(np.moveaxis(found, -1, self.axis)).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        if self.axis == -1:
            return {"outer": x.shape[0], "size": x.count // x.shape[0], "inner": 1}
        outer, inner = math.prod(x.shape[: self.axis]), math.prod(x.shape[self.axis + 1 :])
        return {"outer": outer, "size": x.shape[self.axis], "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        x = inputs[0]
        assert x is not None
        return Cost(comparisons=self.top_k * x.count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        ties = np.array([[3, 1, 3, -2, 3, 1], [-5, -5, 5, -6, 5, -5]], np.float32)
        return [
            Sample(cls(), ((3, 10),)),
            Sample(cls(top_k=5, with_values=True), ((2, 3, 5, 7),)),
            Sample(cls(top_k=6), (ties,)),
            Sample(cls(axis=1), ((2, 21, 3, 5),)),
            Sample(cls(top_k=3, axis=1, with_values=True), ((2, 7, 3, 5),)),
            Sample(cls(top_k=2, axis=3), ((2, 3, 4, 5),)),
            Sample(cls(axis=0), ((1,),)),
            Sample(cls(top_k=6, axis=1, first_index=True), (ties,)),
            Sample(cls(top_k=4, axis=1, with_values=True, smallest=True), (ties,)),
            Sample(cls(axis=1, smallest=True, first_index=True), ((2, 9, 3),)),
        ]
