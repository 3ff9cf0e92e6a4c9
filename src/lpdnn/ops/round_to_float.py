"""Rounding to the numbers of a narrower floating-point format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types

if TYPE_CHECKING:
    from collections.abc import Sequence

Way = Literal["even", "away", "up", "down"]
"""To the nearest, ties to the even or the larger neighbour; or to the larger or smaller one, whatever is nearer."""
Limit = Literal["largest", "infinity", "nan"]
"""What becomes of a number that is too large."""
_LIMITS = {"infinity": np.inf, "nan": np.nan}


@dataclass(frozen=True)
class RoundToFloat(Operator):
    """x rounded to floats of `mantissa` bits behind the leading one, which is worth 2^`least` or more.

    Smaller numbers are multiples of 2^(`least` - `mantissa`). Numbers above `largest`, once rounded, become
    what `beyond` says; signs are kept, as NaN is. Formats: OCP 8-bit Floating Point Specification 1.0, OCP
    Microscaling Formats 1.0.
    """

    NAME: ClassVar[str] = "round_to_float"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    TOLERANCE: ClassVar[float] = 0.0

    mantissa: int
    least: int
    largest: float
    way: Way = "even"
    beyond: Limit = "largest"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if not 0 <= self.mantissa <= 10 or not -127 <= self.least <= 127 or not self.largest > 0:
            message = f"no format of floats: {self.mantissa} bits, 2^{self.least} to {self.largest:g}"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        size = np.abs(x.astype(np.float64))
        exponent = np.frexp(np.where(np.isfinite(size), size, 0.0))[1] - 1
        step = np.ldexp(1.0, np.maximum(exponent, self.least) - self.mantissa)
        steps = size / step
        whole = {
            "even": np.rint(steps),
            "away": np.floor(steps + 0.5),
            "up": np.ceil(steps),
            "down": np.floor(steps),
        }[self.way]
        y = whole * step
        y = np.where(y > self.largest, _LIMITS.get(self.beyond, self.largest), y)
        return (np.copysign(np.where(np.isnan(size), np.nan, y), x).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, divisions=count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        ties = np.arange(-40, 40, dtype=np.float32) / 8
        rare = [0, 1e-45, -1e-40, 1e-7, 1e6, -464.1, 464, 465, 240, -248, 3e38, np.inf, -np.inf, np.nan]
        edges = np.array(rare, np.float32)
        return [
            Sample(cls(3, -6, 448.0), (ties,)),
            Sample(cls(3, -6, 448.0), (edges,)),
            Sample(cls(3, -7, 240.0, "even", "nan"), (edges,)),
            Sample(cls(2, -14, 57344.0, "even", "infinity"), (edges,)),
            Sample(cls(1, 0, 6.0, "away"), (ties,)),
            Sample(cls(1, 0, 6.0, "down"), (ties,)),
            Sample(cls(0, -127, 2.0**127, "up"), (edges,)),
            Sample(cls(3, -6, 448.0), ((2, 3, 5, 7),), spread=200.0),
        ]
