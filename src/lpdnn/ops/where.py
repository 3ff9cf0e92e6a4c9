"""Elements of one tensor or another, as a third says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import broadcast, stretched_strides, walks

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Where(Operator):
    """a where the condition is not zero, else b; axes of extent 1 are stretched."""

    NAME: ClassVar[str] = "where"
    INPUTS: ClassVar[tuple[str, ...]] = ("condition", "a", "b")
    TOLERANCE: ClassVar[float] = 0.0

    def infer(self, condition: TensorType, a: TensorType, b: TensorType) -> tuple[TensorType, ...]:
        return (a.reshaped(*broadcast(condition, a, b)),)

    def reference(self, condition: Array, a: Array, b: Array) -> tuple[Array, ...]:
        return (np.where(condition != 0, a, b).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        shape = outputs[0].shape
        steps = [stretched_strides(t.shape, shape) for t in inputs if t is not None]
        extents, condition, a, b = walks(shape, *steps)
        return {"extents": extents, "condition_strides": condition, "a_strides": a, "b_strides": b}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost(comparisons=outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        mask = (np.arange(30) % 3 == 0).astype(np.float32).reshape(2, 3, 5)
        return [
            Sample(cls(), (mask, (2, 3, 5), (2, 3, 5))),
            Sample(cls(), (mask, (), (3, 1))),
            Sample(cls(), (mask[:1, :, :1], (4, 1, 5), (5,))),
        ]
