"""Running sums and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Cumulate(Operator):
    """Sum or product of an element and all before it along an axis; without itself where `exclusive`."""

    NAME: ClassVar[str] = "cumulate"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    kind: Literal["sum", "product"] = "sum"
    axis: int = 0
    exclusive: bool = False
    reverse: bool = False

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        axis_of(x, self.axis)
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        wide = np.moveaxis(x.astype(np.float64), self.axis, 0)
        wide = wide[::-1] if self.reverse else wide
        if self.exclusive:
            wide = np.concatenate([np.full_like(wide[:1], self.kind == "product"), wide[:-1]])
        y = np.cumprod(wide, 0) if self.kind == "product" else np.cumsum(wide, 0)
        y = np.moveaxis(y[::-1] if self.reverse else y, 0, self.axis)
        return (np.ascontiguousarray(y).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        outer, size, inner = blocks(outputs[0].shape, self.axis)
        return {"outer": outer, "size": size, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(additions=count) if self.kind == "sum" else Cost(multiplications=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls("sum", 1), ((2, 5, 3),)),
            Sample(cls("product", 0, reverse=True), ((4, 3),)),
            Sample(cls("sum", 2, exclusive=True), ((2, 3, 4),)),
            Sample(cls("product", 1, exclusive=True, reverse=True), ((2, 4),)),
        ]
