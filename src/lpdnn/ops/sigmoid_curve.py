"""Sigmoid and tanh of 16-bit integers by one curve, as TensorFlow Lite's reference kernels compute them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._integers import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 24
"""Places of the curve from x to x + 1."""
ENTRIES = 256


def curve() -> Array:
    """Return how much sigmoid is above 1/2 at 0, 1/24, ..., 255/24, with 16 bits behind the point: s16 [256].

    Values between two are found on the line through them, so each is raised by half of how far the line is
    below the curve in the middle; the last is the most that there is.
    """
    exact = 2**16 / (1 + np.exp(np.arange(2 * ENTRIES + 1) / (-2 * STEPS)))
    raised = exact[1::2] - (exact[:-1:2] + exact[2::2]) / 2
    above = np.floor(exact[:-1:2] + raised / 2 + 0.5) - 2**15
    return np.append(above[:-1], 2**15 - 1).astype(np.int16)


@dataclass(frozen=True)
class SigmoidCurve(Operator):
    """Sigmoid, or tanh, of x times multiplier / 2^shift / (3 * 4096); results are of 2^-15, s16.

    tanh x is 2 sigmoid(2 x) - 1. What is between two entries of the curve is on the line through them; beyond the
    last but one is the largest result. Results are rounded to the nearest, ties up.
    """

    NAME: ClassVar[str] = "sigmoid_curve"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "curve")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"curve"})
    TOLERANCE: ClassVar[float] = 0.0

    multiplier: int
    shift: int
    tanh: bool = False

    def infer(self, x: TensorType, curve: TensorType) -> tuple[TensorType, ...]:
        if x.dtype != "s16" or curve.dtype != "s16" or curve.shape != (ENTRIES,):
            message = f"sigmoid_curve takes s16 and a curve of s16[{ENTRIES}], not {x} and {curve}"
            raise LpdnnError(message)
        if not (0 <= self.multiplier < 2**15 and 0 <= self.shift <= 31):
            message = f"multiplier {self.multiplier} must be below 2^15, and shift {self.shift} from 0 to 31"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, curve: Array) -> tuple[Array, ...]:
        bits, down = (8, 8) if self.tanh else (9, 10)
        place = x.astype(np.int64) * self.multiplier + (1 << self.shift >> 1) >> self.shift
        before, part = np.abs(place) >> bits, np.abs(place) & (1 << bits) - 1
        known = np.minimum(before, ENTRIES - 2)
        a, b = curve[known].astype(np.int64), curve[known + 1].astype(np.int64)
        most = (2**15 - 1 if self.tanh else 2**14 - 1) << down
        line = np.where(before < ENTRIES - 1, (a << bits) + part * (b - a), most)
        half = 1 << down - 1
        y = np.where(place >= 0, line + half, half - 1 - line) >> down
        return ((y + (0 if self.tanh else 2**14)).astype(np.int16),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(additions=4 * count, multiplications=2 * count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        every = np.arange(-(2**15), 2**15, dtype=np.int16).reshape(4, 8, 16, 128)
        drawn_ = drawn((256,), "s16", 3, 0)
        return [
            Sample(cls(multiplier, shift, tanh), (every, values))
            for multiplier, shift in ((3, 0), (31208, 12), (32767, 31))
            for tanh in (False, True)
            for values in (curve(), drawn_)
        ]
