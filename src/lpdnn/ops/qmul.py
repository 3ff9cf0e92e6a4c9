"""Product of two tensors of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, get_args

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ir.types import RANGE
from lpdnn.ops._integers import activations, bounds, drawn, factor, name_of, result, zero_point
from lpdnn.ops._strided import broadcast, stretched_strides, walks

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QMul(Operator):
    """y_zero + (a - a_zero) * (b - b_zero) * multiplier * 2^(shift - 31), within [low, high].

    a, b and y are all s8, u8 or s16; an axis of extent 1, or none, is stretched (as numpy does).
    """

    NAME: ClassVar[str] = "qmul"
    INPUTS: ClassVar[tuple[str, ...]] = ("a", "b")
    TOLERANCE: ClassVar[float] = 0.0

    multiplier: int
    shift: int
    a_zero: int = 0
    b_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def infer(self, a: TensorType, b: TensorType) -> tuple[TensorType, ...]:
        activations(a)
        if a.dtype != b.dtype:
            message = f"{a} and {b} must have one type"
            raise LpdnnError(message)
        zero_point(a.dtype, self.a_zero)
        zero_point(a.dtype, self.b_zero)
        factor(self.multiplier, self.shift)
        bounds(a.dtype, self.y_zero, self.low, self.high)
        return (TensorType(broadcast(a, b), a.dtype),)

    def reference(self, a: Array, b: Array) -> tuple[Array, ...]:
        return (
            result(
                (a.astype(np.int64) - self.a_zero) * (b.astype(np.int64) - self.b_zero),
                self.multiplier,
                self.shift,
                dtype=name_of(a),
                zero=self.y_zero,
                low=self.low,
                high=self.high,
                rounding=self.rounding,
            ),
        )

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        a, b = inputs
        assert a is not None
        assert b is not None
        shape = outputs[0].shape
        extents, a_strides, b_strides = walks(
            shape, stretched_strides(a.shape, shape), stretched_strides(b.shape, shape)
        )
        return {"extents": extents, "a_strides": a_strides, "b_strides": b_strides}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=2 * count, additions=3 * count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for dtype in ("s8", "u8", "s16"):
            low, high = RANGE[dtype]
            zeros = {"s8": (-5, 100, 7), "u8": (3, 131, 120), "s16": (0, 0, 0)}[dtype]
            for rounding in get_args(Rounding):
                op = cls(1717986918, -15 if dtype == "s16" else -6, *zeros, low, high, rounding)
                found += [
                    Sample(op, (drawn((2, 6, 5, 3), dtype, 1), drawn(b, dtype, 2)))
                    for b in ((2, 6, 5, 3), (1, 6, 1, 1), (3,), ())
                ]
        return found
