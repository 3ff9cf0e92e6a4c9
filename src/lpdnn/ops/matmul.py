"""Products of matrices that are both computed at run time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import broadcast, stretched_strides, walks
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class MatMul(Operator):
    """a [...,M,K] times b [...,K,N]; the axes before are stretched to one another."""

    NAME: ClassVar[str] = "matmul"
    INPUTS: ClassVar[tuple[str, ...]] = ("a", "b")

    activation: ActivationFunction = IDENTITY

    def infer(self, a: TensorType, b: TensorType) -> tuple[TensorType, ...]:
        if a.rank < 2 or b.rank < 2 or a.shape[-1] != b.shape[-2]:
            message = f"matrices {a} and {b} cannot be multiplied"
            raise LpdnnError(message)
        outer = broadcast(a.reshaped(*a.shape[:-2]), b.reshaped(*b.shape[:-2]))
        return (a.reshaped(*outer, a.shape[-2], b.shape[-1]),)

    def reference(self, a: Array, b: Array) -> tuple[Array, ...]:
        y = np.matmul(a.astype(np.float64), b.astype(np.float64))
        return (self.activation(y).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        a, b = inputs
        assert a is not None
        assert b is not None
        outer = outputs[0].shape[:-2]
        steps = [stretched_strides(t.shape[:-2], outer) for t in (a, b)]
        extents, a_strides, b_strides = walks(outer, *steps)
        return {
            "rows": a.shape[-2],
            "inner": a.shape[-1],
            "columns": b.shape[-1],
            "extents": extents,
            "a_strides": a_strides,
            "b_strides": b_strides,
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        a = inputs[0]
        assert a is not None
        count = outputs[0].count
        macs = count * a.shape[-1]
        return Cost(multiplications=macs, additions=macs - count) + self.activation.cost(count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), ((5, 7), (7, 3))),
            Sample(cls(), ((2, 3, 4, 9), (2, 3, 9, 5))),
            Sample(cls(ActivationFunction("relu")), ((3, 4, 6), (6, 1))),
            Sample(cls(), ((2, 1, 1, 4), (3, 4, 2))),
            Sample(cls(), ((1, 1000), (1000, 2))),
        ]
