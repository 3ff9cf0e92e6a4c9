"""Addition of a bias to an axis, or a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks, covers, stretched

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Bias(Operator):
    """y = x + bias, where bias has the shape of x's axes from `axis` on, or rank 0."""

    NAME: ClassVar[str] = "bias"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "bias")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    axis: int = 1

    def infer(self, x: TensorType, bias: TensorType) -> tuple[TensorType, ...]:
        covers(x, self.axis, bias, "bias")
        return (x,)

    def reference(self, x: Array, bias: Array) -> tuple[Array, ...]:
        y = x + stretched(bias.astype(np.float64), x.ndim, self.axis)
        return (np.asarray(y).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        bias = inputs[1]
        assert bias is not None
        outer, size, inner = blocks(outputs[0].shape, self.axis, bias.rank)
        return {"outer": outer, "size": size, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost(additions=outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), ((2, 5, 3, 7), (5,))),
            Sample(cls(axis=0), ((2, 4, 3, 3), (2, 4))),
            Sample(cls(axis=2), ((2, 3, 4), (4,))),
            Sample(cls(axis=0), ((2, 3, 4), (2, 3, 4))),
            Sample(cls(), ((2, 3, 4), np.array(0.25, np.float32))),
        ]
