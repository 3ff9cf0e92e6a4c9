"""Which real number an integer value stands for: scale and zero point, of which [IL.FL] is a case."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir.errors import LpdnnError
from lpdnn.ir.types import RANGE

if TYPE_CHECKING:
    from lpdnn.ir.operator import Array

BITS = {"s8": 8, "u8": 8, "s16": 16, "s32": 32}


def ties_away(x: Array) -> Array:
    """Return the nearest whole numbers in float64, halves away from zero."""
    whole = np.trunc(x)
    return np.asarray(whole + np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0.0))


@dataclass(frozen=True)
class Quantization:
    """real = scale * (q - zero)."""

    scale: float
    zero: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and self.scale > 0):
            message = f"scale {self.scale} must be a positive number"
            raise LpdnnError(message)

    def quantize(self, x: Array, dtype: str, low: int | None = None, high: int | None = None) -> Array:
        """Return the nearest integers, ties away from zero, within [low, high] or all that the type holds."""
        least, most = RANGE[dtype]
        low, high = least if low is None else low, most if high is None else high
        steps = ties_away(np.asarray(x, np.float64) / self.scale) + self.zero
        return np.asarray(np.clip(steps, low, high).astype(np.int64).astype(DTYPES[dtype]))

    def dequantize(self, q: Array) -> Array:
        """Return the real numbers, float32."""
        return np.asarray(((q.astype(np.float64) - self.zero) * self.scale).astype(np.float32))

    def lengths(self, dtype: str) -> tuple[int, int] | None:
        """Return IL and FL of the type's bits, where the scale is a power of two and zero stands for 0."""
        mantissa, exponent = math.frexp(self.scale)
        if mantissa != 0.5 or self.zero or dtype not in BITS:
            return None
        return BITS[dtype] + exponent - 1, 1 - exponent


DTYPES = {"s8": np.int8, "u8": np.uint8, "s16": np.int16, "s32": np.int32}


@dataclass(frozen=True)
class QFormat:
    """Fixed point [IL.FL]: IL bits before the point, the sign counted where there is one, and FL behind it.

    Either may be negative: what counts is that IL + FL is the width, and that values are multiples of 2^-FL.
    """

    il: int
    fl: int
    signed: bool = True

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 32:
            message = f"{self} has {self.bits} bits; fixed point has 2 to 16, accumulators 32"
            raise LpdnnError(message)

    @property
    def bits(self) -> int:
        """The width."""
        return self.il + self.fl

    @property
    def low(self) -> int:
        """The least integer."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The greatest integer."""
        return (1 << (self.bits - self.signed)) - 1

    @property
    def dtype(self) -> str:
        """The type that values are stored in: the next that holds them all."""
        return next(dtype for dtype, (low, high) in RANGE.items() if low <= self.low and self.high <= high)

    @property
    def quantization(self) -> Quantization:
        """The same as a scale."""
        return Quantization(math.ldexp(1.0, -self.fl))

    def __str__(self) -> str:
        return f"[{self.il}.{self.fl}]"
