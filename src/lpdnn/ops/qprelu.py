"""Integers with a slope of their own below zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, Operator, Rounding, Sample, TensorType, Types, rescale
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import channel_axis
from lpdnn.ops._integers import (
    NARROW,
    activations,
    bounds,
    drawn,
    factor,
    factors,
    name_of,
    result,
    zero_point,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QPRelu(Operator):
    """y_zero + (x - x_zero) * m * 2^(s - 31), within [low, high].

    m and s are `above` and `above_shift` where x is above x_zero, multiplier and shift, [C] of x [N,C,...] or
    [1], elsewhere; a negative multiplier turns the sign.
    """

    NAME: ClassVar[str] = "qprelu"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "multiplier", "shift")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"multiplier", "shift"})
    TOLERANCE: ClassVar[float] = 0.0

    above: int
    above_shift: int
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def infer(self, x: TensorType, multiplier: TensorType, shift: TensorType) -> tuple[TensorType, ...]:
        activations(x)
        factor(self.above, self.above_shift)
        factors(multiplier, shift, x.shape[channel_axis(x)])
        zero_point(x.dtype, self.x_zero)
        bounds(x.dtype, self.y_zero, self.low, self.high)
        return (x,)

    def reference(self, x: Array, multiplier: Array, shift: Array) -> tuple[Array, ...]:
        steps = x.astype(np.int64) - self.x_zero
        along = (-1, *(1,) * (x.ndim - 1 - channel_axis(TensorType.of(x))))
        below = multiplier.astype(np.int64).reshape(along)
        slope = rescale(
            np.where(below < 0, -steps, steps), np.abs(below), shift.reshape(along), self.rounding
        )
        straight = rescale(steps, self.above, self.above_shift, self.rounding)
        y = np.where(steps > 0, straight, slope)
        return (result(y, 2**30, 1, dtype=name_of(x), zero=self.y_zero, low=self.low, high=self.high),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        y, multiplier = outputs[0], inputs[1]
        assert multiplier is not None
        shared = multiplier.count == 1
        batch, channels, inner = (1, 1, y.elements) if shared else blocks(y.shape, channel_axis(y))
        return {"batch": batch, "channels": channels, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, additions=2 * count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for dtype in NARROW:
            low, high = RANGE[dtype]
            zeros = (9, 20) if dtype != "s16" else (0, 0)
            for seed, (shape, count) in enumerate([((2, 5, 3, 7), 5), ((3, 4), 1), ((6,), 6)]):
                op = cls(1717986918, 0, *zeros, low, high, "double" if seed == 1 else "single")
                multiplier = drawn((count,), "s32", seed, 2**30, 2**31 - 1) * (-1) ** np.arange(count)
                shift = -np.arange(count)
                operands = drawn(shape, dtype, seed), multiplier.astype(np.int32), shift.astype(np.int32)
                found.append(Sample(op, operands))
        return found
