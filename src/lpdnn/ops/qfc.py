"""Fully connected layer of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ops._integers import (
    accumulated,
    bias_type,
    bounds,
    factors,
    name_of,
    result,
    weighted,
    weights,
    zero_point,
)
from lpdnn.ops.fully_connected import FullyConnected

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QFullyConnected(Operator):
    """Product of weight [M,K] with x from `axis` on, of integers: see qconv2d, of which it is a case.

    y = y_zero + (sum (x - x_zero) * weight + bias) * multiplier * 2^(shift - 31), within [low, high].
    """

    NAME: ClassVar[str] = "qfc"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "multiplier", "shift", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"weight", "multiplier", "shift", "bias"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})
    TOLERANCE: ClassVar[float] = 0.0

    axis: int = 1
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def infer(
        self,
        x: TensorType,
        weight: TensorType,
        multiplier: TensorType,
        shift: TensorType,
        bias: TensorType | None = None,
    ) -> tuple[TensorType, ...]:
        (y,) = FullyConnected(self.axis).infer(x, weight, bias)
        weights(x, weight, weight.shape[1], self.rounding)
        factors(multiplier, shift, weight.shape[0])
        zero_point(x.dtype, self.x_zero)
        bounds(y.dtype, self.y_zero, self.low, self.high)
        bias_type(bias)
        return (y,)

    def reference(
        self, x: Array, weight: Array, multiplier: Array, shift: Array, bias: Array | None = None
    ) -> tuple[Array, ...]:
        rows = x.reshape(-1, weight.shape[1]).astype(np.float64) - self.x_zero
        acc = rows @ weight.astype(np.float64).T
        if bias is not None:
            acc += bias
        y = result(
            accumulated(x, acc),
            multiplier,
            shift,
            dtype=name_of(x),
            zero=self.y_zero,
            low=self.low,
            high=self.high,
            rounding=self.rounding,
        )
        return (y.reshape(*x.shape[: self.axis], -1),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        multiplier = inputs[2]
        assert multiplier is not None
        return {**FullyConnected(self.axis).geometry(inputs, outputs), "factors": multiplier.count}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        plain = FullyConnected(self.axis).cost((inputs[0], inputs[1], inputs[4]), outputs)
        return plain + Cost(multiplications=count, additions=count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        low, high = RANGE["s16"]
        most = np.full((2, 25088), -(2**15), np.int16), np.full((3, 25088), -(2**15), np.int16)
        extreme = (np.array([2**30], np.int32), np.array([-27], np.int32), np.full(3, -(2**31), np.int32))
        return [
            weighted(cls(x_zero=3, y_zero=-4), "s8", "s8", (1, 4, 5, 5), (10, 100), 0),
            weighted(cls(low=0, rounding="double"), "s8", "s8", (3, 37), (5, 37), 1),
            weighted(cls(y_zero=5, rounding="float"), "s8", "s8", (3, 37), (40, 37), 1),
            weighted(cls(3, x_zero=-128), "s8", "s8", (2, 3, 2, 13), (2, 13), 2),
            weighted(
                cls(0, x_zero=255, y_zero=9, low=0, high=200), "u8", "s8", (2, 3), (4, 6), 3, bias=False
            ),
            weighted(cls(low=low, high=high), "s16", "s16", (2, 512), (9, 512), 4),
            weighted(cls(low=low, high=high), "s16", "s8", (2, 77), (9, 77), 5),
            Sample(cls(low=low, high=high), (*most, *extreme)),
        ]
