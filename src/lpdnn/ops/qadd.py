"""Sum of tensors of integers that have formats of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, get_args

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Rounding, Sample, TensorType, Types, rescale
from lpdnn.ir.types import RANGE
from lpdnn.ops._integers import activations, bounds, drawn, factor, name_of, result, zero_point

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QAdd(Operator):
    """Sum of tensors x of one shape: of each, (x - zero) * 2^left is rescaled; the sum is rescaled again.

    x and y are all s8, u8 or s16; y = y_zero + sum * multiplier * 2^(shift - 31), within [low, high]. Each x
    has an entry of zeros, multipliers and shifts; a negative multiplier subtracts. The sum is modulo 2^32.
    """

    NAME: ClassVar[str] = "qadd"
    INPUTS: ClassVar[tuple[str, ...]] = ("x*",)
    TOLERANCE: ClassVar[float] = 0.0

    zeros: tuple[int, ...]
    multipliers: tuple[int, ...]
    shifts: tuple[int, ...]
    left: int
    multiplier: int
    shift: int
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def infer(self, *x: TensorType) -> tuple[TensorType, ...]:
        for position, tensor in enumerate(x):
            if tensor != x[0]:
                message = f"input {position} is {tensor}, but input 0 is {x[0]}; they must be the same"
                raise LpdnnError(message)
        if {len(self.zeros), len(self.multipliers), len(self.shifts)} != {len(x)}:
            message = f"zeros, multipliers and shifts must have an entry for each of {len(x)} inputs"
            raise LpdnnError(message)
        activations(x[0])
        for zero, one, shift in zip(self.zeros, self.multipliers, self.shifts, strict=True):
            zero_point(x[0].dtype, zero)
            factor(abs(one), shift)
        factor(self.multiplier, self.shift)
        if not 0 <= self.left <= (15 if x[0].dtype == "s16" else 22):
            message = f"{x[0]} shifted left by {self.left} may not fit 32 bits"
            raise LpdnnError(message)
        bounds(x[0].dtype, self.y_zero, self.low, self.high)
        return (x[0],)

    def reference(self, *x: Array) -> tuple[Array, ...]:
        acc = np.zeros(x[0].shape, np.int64)
        for a, zero, one, shift in zip(x, self.zeros, self.multipliers, self.shifts, strict=True):
            steps = (a.astype(np.int64) - zero) << self.left
            acc += rescale(steps if one >= 0 else -steps, abs(one), shift, self.rounding)
        return (
            result(
                acc.astype(np.int32),
                self.multiplier,
                self.shift,
                dtype=name_of(x[0]),
                zero=self.y_zero,
                low=self.low,
                high=self.high,
                rounding=self.rounding,
            ),
        )

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"inputs": len(inputs), "count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        terms = len(inputs)
        return Cost(multiplications=count * (terms + 1), additions=2 * count * terms, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for dtype in ("s8", "u8", "s16"):
            low, high = RANGE[dtype]
            wide = dtype == "s16"
            zeros = {"s8": (-5, 100), "u8": (3, 131), "s16": (0, 0)}[dtype]
            y_zero = {"s8": 7, "u8": 120, "s16": 0}[dtype]
            left, ends = (15, (2**30 + 2, 0)) if wide else (20, (1234567890, 0))
            for rounding in get_args(Rounding):
                op = cls(zeros, (1717986918, 2**30), (-1, 0), left, *ends, y_zero, low, high, rounding)
                end = cls(
                    zeros, op.multipliers, op.shifts, left, 1518500249, 1 - left, y_zero, low, high, rounding
                )
                found += [
                    Sample(one, (drawn((2, 16, 5, 3), dtype, 1), drawn((2, 16, 5, 3), dtype, 2)))
                    for one in (op, end)
                ]
            three = cls((0,) * 3, (2**30, -(2**30), 2**30 + 1), (0, -1, -2), 8, 2**30, -6, 0, max(low, -8), 7)
            found.append(Sample(three, tuple(drawn((65,), dtype, seed) for seed in (3, 4, 5))))
        return found
