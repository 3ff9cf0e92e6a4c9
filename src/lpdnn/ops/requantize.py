"""From integers to integers of another format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ir.types import RANGE
from lpdnn.ops._integers import NARROW, TYPES, activations, bounds, drawn, factor, result, zero_point

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Requantize(Operator):
    """y_zero + (x - x_zero) * multiplier * 2^(shift - 31), within [low, high]; x is s8, u8, s16 or s32."""

    NAME: ClassVar[str] = "requantize"
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"dtype"})
    TOLERANCE: ClassVar[float] = 0.0

    multiplier: int
    shift: int
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"
    dtype: Literal["s8", "u8", "s16"] = "s8"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        activations(x, *TYPES)
        factor(self.multiplier, self.shift)
        zero_point(x.dtype, self.x_zero)
        bounds(self.dtype, self.y_zero, self.low, self.high)
        return (replace(x, dtype=self.dtype),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        return (
            result(
                x.astype(np.int64) - self.x_zero,
                self.multiplier,
                self.shift,
                dtype=self.dtype,
                zero=self.y_zero,
                low=self.low,
                high=self.high,
                rounding=self.rounding,
            ),
        )

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        return {"count": outputs[0].elements, "type": TYPES[x.dtype]}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, additions=2 * count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for seed, source in enumerate(TYPES):
            for target in NARROW:
                low, high = RANGE[target]
                zeros = 5 if source in {"s8", "u8"} else 0, 3 if target != "s16" else 0
                shift = {"s8": 0, "u8": 0, "s16": 0, "s32": -23}[source]
                for rounding in get_args(Rounding):
                    op = cls(1518500249, shift + (target == "s16") * 7, *zeros, low, high, rounding, target)  # type: ignore[arg-type]
                    found.append(Sample(op, (drawn((2, 8, 3, 5), source, seed),)))
        found.append(Sample(cls(2**30, 1, low=-8, high=7), (drawn((300,), "s8", 9),)))
        return found
