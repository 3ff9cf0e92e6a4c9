"""Softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Softmax(Operator):
    """e^x divided by its sum along an axis."""

    NAME: ClassVar[str] = "softmax"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    axis: int = 1

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        axis_of(x, self.axis)
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        wide = x.astype(np.float64)
        powers = np.exp(wide - wide.max(axis=self.axis, keepdims=True))
        return ((powers / powers.sum(axis=self.axis, keepdims=True)).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        outer, size, inner = blocks(outputs[0].shape, self.axis)
        return {"outer": outer, "size": size, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(additions=2 * count, divisions=count, comparisons=count, exponentials=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        one_above_many_small = np.full((1, 4000), -17.0, np.float32)
        one_above_many_small[0, 0] = 0.0
        return [
            Sample(cls(), ((3, 10),), spread=5.0),
            Sample(cls(), ((2, 6, 4, 3),)),
            Sample(cls(2), ((2, 7, 21),), spread=60.0),
            Sample(cls(3), ((1, 2, 3, 5),)),
            Sample(cls(0), ((5,),), spread=300.0),
            Sample(cls(), ((4, 1, 3),)),
            Sample(cls(), ((1, 1000),)),
            Sample(cls(), (one_above_many_small,)),
            Sample(cls(), (np.linspace(9000, 9010, 60, dtype=np.float32).reshape(3, 20),)),
        ]
