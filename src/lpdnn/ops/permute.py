"""Axes in another order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import few_axes, strides, walk

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Permute(Operator):
    """The elements of x with its axes in another order: axis i of the result is axis order[i] of x."""

    NAME: ClassVar[str] = "permute"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"order"})
    TOLERANCE: ClassVar[float] = 0.0

    order: tuple[int, ...]

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        few_axes(x)
        if sorted(self.order) != list(range(x.rank)):
            message = f"order {self.order} must name each of the {x.rank} axes of {x} once, counting from 0"
            raise LpdnnError(message)
        return (x.reshaped(*(x.shape[axis] for axis in self.order)),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(x.transpose(self.order)),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        steps = strides(x.shape)
        return {**walk(outputs[0].shape, tuple(steps[axis] for axis in self.order))}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls((0, 2, 3, 1)), ((2, 3, 5, 7),)),
            Sample(cls((0, 1, 2, 3)), ((2, 3, 5, 7),)),
            Sample(cls((1, 0)), ((17, 9),)),
            Sample(cls((0, 2, 1, 3)), ((1, 4, 6, 5),)),
            Sample(cls((2, 0, 1)), ((3, 1, 1),)),
            Sample(cls((7, 5, 3, 1, 6, 4, 2, 0)), ((2, 3, 2, 1, 2, 3, 2, 2),)),
        ]
