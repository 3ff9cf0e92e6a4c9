"""From real numbers to integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, fixed_point, rescale
from lpdnn.ir.types import ELEMENT, RANGE
from lpdnn.ops._integers import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Quantize(Operator):
    """The integer nearest to x / scale + zero, ties away from zero before zero is added, within [low, high].

    1 / scale is a fraction of 31 bits here, so that it takes no arithmetic of floating point: the same
    integers come out everywhere. NaN counts as 0.
    """

    NAME: ClassVar[str] = "quantize"
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"scale", "dtype"})
    TOLERANCE: ClassVar[float] = 0.0

    scale: float
    zero: int = 0
    low: int = -128
    high: int = 127
    dtype: Literal["s8", "u8", "s16"] = "s8"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.dtype != "f32":
            message = f"only real numbers are quantized, and {x} is none"
            raise LpdnnError(message)
        if not self.scale > 0:
            message = f"scale {self.scale} must be a positive number"
            raise LpdnnError(message)
        fixed_point(1 / self.scale)
        bounds(self.dtype, self.zero, self.low, self.high)
        return (replace(x, dtype=self.dtype),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        multiplier, shift = fixed_point(1 / self.scale)
        # x = mantissa * 2^(exponent - 24); infinity is a number beyond all that are finite
        x = np.nan_to_num(np.asarray(x, np.float64), nan=0.0, posinf=2.0**128, neginf=-(2.0**128))
        fraction, exponent = np.frexp(x)
        mantissa = np.ldexp(fraction, 24).astype(np.int64)
        y = np.clip(rescale(mantissa, multiplier, shift + exponent - 24) + self.zero, self.low, self.high)
        return (np.asarray(y.astype(ELEMENT[self.dtype])),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        multiplier, shift = fixed_point(1 / self.scale)
        return {"count": outputs[0].elements, "multiplier": multiplier, "shift": shift}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, additions=count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        ties = np.arange(-700, 700, dtype=np.float32).reshape(2, 7, 10, 10) / np.float32(4)
        edges = np.array(
            [0, 1e-45, -1e-45, 1e-38, 127.5, -128.5, 3e38, -3e38, np.inf, -np.inf, 0.49999997, np.nan],
            np.float32,
        )
        found = []
        for dtype in ("s8", "u8", "s16"):
            low, high = RANGE[dtype]
            zero = {"s8": -3, "u8": 131, "s16": 0}[dtype]
            found += [
                Sample(cls(0.5, zero, low, high, dtype), (ties,)),
                Sample(cls(0.037, zero, max(low, -8), 7, dtype), ((3, 41),)),
                Sample(cls(1.0, 0, low, high, dtype), (edges,)),
                Sample(cls(1e-30, 0, low, high, dtype), (edges,)),
            ]
        return found
