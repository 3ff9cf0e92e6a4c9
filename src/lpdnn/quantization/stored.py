"""How a value lies in an integer network: its type, what its integers stand for, and between which they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import RANGE, LpdnnError, Quantization, fixed_point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Array
    from lpdnn.ops.activation import ActivationFunction
    from lpdnn.quantization.format import Format

UNITY = fixed_point(1.0)
STEP = 128
"""Integers of 16 bits between two entries of a table; of 8 bits made 16, between two neighbours."""
WIDEST = 32640
"""The largest integer of 8 bits less its zero point, 255, in such steps."""


@dataclass(frozen=True)
class Stored:
    """real = scale * (q - zero), with q from low to high in a type; of 16 bits zero is 0."""

    dtype: str
    scale: float
    zero: int
    low: int
    high: int

    @property
    def quantization(self) -> Quantization:
        """What the integers stand for."""
        return Quantization(self.scale, self.zero)

    @property
    def bounds(self) -> tuple[float, float]:
        """The real numbers that low and high stand for."""
        return (self.low - self.zero) * self.scale, (self.high - self.zero) * self.scale

    def within(self, other: Stored) -> bool:
        """Tell whether all that lies so lies as the other says."""
        alike = (self.dtype, self.scale, self.zero) == (other.dtype, other.scale, other.zero)
        return alike and other.low <= self.low and self.high <= other.high

    def integers(self, x: Array) -> Array:
        """Return the nearest integers."""
        return self.quantization.quantize(x, self.dtype, self.low, self.high)

    @property
    def wide(self) -> Stored:
        """The same steps in 16 bits."""
        if self.dtype == "s16":
            return self
        return Stored("s16", self.scale, 0, self.low - self.zero, self.high - self.zero)

    @property
    def spread(self) -> Stored:
        """The same range over all of 16 bits, in whole parts of a step: what a table of 513 entries asks for."""
        largest = max(abs(self.low - self.zero), self.high - self.zero, 1)
        parts = 2 ** max(0, (STEP * 256 // largest).bit_length() - 1) if self.dtype == "s16" else STEP
        ends = (
            max(-(2**15), (self.low - self.zero) * parts),
            min(2**15 - 1, (self.high - self.zero) * parts),
        )
        return Stored("s16", self.scale / parts, 0, *ends)

    def clamped(self, function: ActivationFunction) -> Stored | None:
        """Return the bounds that a function leaves, where it does nothing but cut; else None."""
        if function.kind == "identity":
            return self
        if function.kind == "relu" and function.alpha == 0:
            return replace(self, low=min(max(self.low, self.zero), self.high))
        if function.kind == "clip":
            least, most = (int(v) for v in self.integers(np.array([function.alpha, function.beta])))
            return replace(self, low=least, high=max(least, most))
        return None

    def before(self, function: ActivationFunction) -> Stored:
        """Return 16 bits for what a function reads whose results lie so: beyond that they do not change."""
        reaches = [math.ldexp(1.0, exponent) for exponent in range(-6, 18)]
        reach = next((reach for reach in reaches if self._settled(function, reach)), reaches[-1])
        return Stored("s16", reach / 2**15, 0, -(2**15), 2**15 - 1)

    def _settled(self, function: ActivationFunction, reach: float) -> bool:
        """Tell whether the function of what lies beyond +-reach is, to a step, what it is there."""
        with np.errstate(all="ignore"):
            beyond = reach * np.geomspace(1.0, 2.0**12, 40)
            ends = function(np.concatenate([beyond, -beyond])).reshape(2, -1)
        steps = self.integers(np.nan_to_num(ends, posinf=3e38, neginf=-3e38)).astype(int)
        return bool(np.abs(steps - steps[:, :1]).max() <= (1 if self.dtype == "s16" else 0))


def stored(one: Format) -> Stored:
    """Return how an activation of a format lies in memory: in the next type that holds its integers.

    8 bits without a sign are kept as 8 bits with one, everything 128 less: what they stand for is the same.
    """
    scale, zero, low, high = float(one.scales()[0]), one.zero, one.low, one.high
    if low >= 0 and 2**7 <= high < 2**8:
        return Stored("s8", scale, zero - 2**7, low - 2**7, high - 2**7)
    if high < 2**7 and low >= -(2**7):
        return Stored("s8", scale, zero, low, high)
    if zero or high >= 2**15:
        message = (
            f"{one.label} has the zero point {zero}, and activations of more than 8 bits have none"
            if zero
            else f"{one.label} without a sign does not fit the 16 bits of an activation"
        )
        raise LpdnnError(message)
    return Stored("s16", scale, 0, low, high)


def fitting(x: Array, beside: Sequence[Stored]) -> Stored:
    """Return how a constant is stored beside activations: as wide as the widest, with a scale like theirs."""
    dtype = "s16" if any(one.dtype == "s16" for one in beside) else "s8"
    low, high = RANGE[dtype]
    scale = float(np.max(np.abs(x), initial=0.0)) / high or 1.0
    if all(one.quantization.lengths(one.dtype) for one in beside):
        scale = 2.0 ** math.ceil(math.log2(scale))
    return Stored(dtype, scale, 0, low, high)
