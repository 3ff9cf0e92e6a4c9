"""Integers with a slope of their own below zero."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, LpdnnError, Operator, Rounding, Sample, TensorType, Types, rescale
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
    """y_zero + (x - x_zero) * k * m * 2^(s - 31), within [low, high].

    Where x is above x_zero, k is 1, m and s are `above` and `above_shift`; elsewhere k is the slope, a whole
    number of 16 bits, with the factor multiplier and shift. All three are [C] of x [N,C,...] or [1].
    """

    NAME: ClassVar[str] = "qprelu"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "slope", "multiplier", "shift")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"slope", "multiplier", "shift"})
    TOLERANCE: ClassVar[float] = 0.0

    above: int
    above_shift: int
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def infer(
        self, x: TensorType, slope: TensorType, multiplier: TensorType, shift: TensorType
    ) -> tuple[TensorType, ...]:
        activations(x)
        if slope != replace(multiplier, dtype="s16"):
            message = f"slope {slope} must be s16, of the shape of multiplier {multiplier}"
            raise LpdnnError(message)
        factor(self.above, self.above_shift)
        factors(multiplier, shift, x.shape[channel_axis(x)])
        zero_point(x.dtype, self.x_zero)
        bounds(x.dtype, self.y_zero, self.low, self.high)
        return (x,)

    def reference(self, x: Array, slope: Array, multiplier: Array, shift: Array) -> tuple[Array, ...]:
        steps = x.astype(np.int64) - self.x_zero
        along = (-1, *(1,) * (x.ndim - 1 - channel_axis(TensorType.of(x))))
        bent = steps * slope.astype(np.int64).reshape(along)
        below = rescale(bent, multiplier.reshape(along), shift.reshape(along), self.rounding)
        straight = rescale(steps, self.above, self.above_shift, self.rounding)
        y = np.where(steps > 0, straight, below)
        return (result(y, 2**30, 1, dtype=name_of(x), zero=self.y_zero, low=self.low, high=self.high),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        y, slope = outputs[0], inputs[1]
        assert slope is not None
        shared = slope.count == 1
        batch, channels, inner = (1, 1, y.elements) if shared else blocks(y.shape, channel_axis(y))
        return {"batch": batch, "channels": channels, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=2 * count, additions=2 * count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for dtype in NARROW:
            low, high = RANGE[dtype]
            zeros = (9, 20) if dtype != "s16" else (0, 0)
            for seed, (shape, count) in enumerate([((2, 5, 3, 7), 5), ((3, 4), 1), ((6,), 6)]):
                op = cls(1717986918, 0, *zeros, low, high, "double" if seed == 1 else "single")
                multiplier = drawn((count,), "s32", seed, 2**30, 2**31 - 1)
                for slope, left in ((1, 0), (32768, 15)):
                    slopes = np.clip(slope * (-1) ** np.arange(count), -32768, 32767).astype(np.int16)
                    shift = (-np.arange(count) - left).astype(np.int32)
                    found.append(Sample(op, (drawn(shape, dtype, seed), slopes, multiplier, shift)))
        return found
