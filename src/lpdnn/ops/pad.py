"""A border of one value around a tensor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import few_axes, strides, walk

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Pad(Operator):
    """x with `before` and `after` elements of `value` around it, one number of each for every axis."""

    NAME: ClassVar[str] = "pad"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"before", "after"})
    TOLERANCE: ClassVar[float] = 0.0

    before: tuple[int, ...]
    after: tuple[int, ...]
    value: float = 0.0

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        few_axes(x)
        if math.isnan(self.value):
            message = "value is NaN; it must be a number"
            raise LpdnnError(message)
        if len(self.before) != x.rank or len(self.after) != x.rank:
            message = f"padding {self.before} and {self.after} must have one number for each axis of {x}"
            raise LpdnnError(message)
        if min((*self.before, *self.after), default=0) < 0:
            message = f"padding {self.before} and {self.after} must not be negative"
            raise LpdnnError(message)
        if x.dtype in RANGE and not (
            self.value.is_integer() and RANGE[x.dtype][0] <= self.value <= RANGE[x.dtype][1]
        ):
            message = f"{x} does not hold the {self.value} that is to be around it"
            raise LpdnnError(message)
        return (x.reshaped(*(b + n + a for b, n, a in zip(self.before, x.shape, self.after, strict=True))),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        return (np.pad(x, list(zip(self.before, self.after, strict=True)), constant_values=self.value),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, y = inputs[0], outputs[0]
        assert x is not None
        steps = strides(y.shape)
        offset = sum(before * step for before, step in zip(self.before, steps, strict=True))
        whole = int(self.value) if x.dtype in RANGE else 0
        return {"count": y.count, "offset": offset, "whole": whole, **walk(x.shape, steps)}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls((0, 0, 1, 2), (0, 0, 3, 1)), ((2, 3, 5, 7),)),
            Sample(cls((1, 0), (0, 2), -1.5), ((3, 4),)),
            Sample(cls((2,), (2,)), ((1,),)),
            Sample(cls((0, 0), (0, 0)), ((3, 4),)),
        ]
