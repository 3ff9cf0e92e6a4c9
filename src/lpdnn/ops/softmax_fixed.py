"""Softmax of 8-bit integers in fixed point, as TensorFlow Lite's reference kernels compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, fixed_point
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of
from lpdnn.ops._integers import activations, drawn, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE = 2**31 - 1
"""1 with 31 bits behind the point."""
MOST = 2**12
"""Elements along the axis, at most: the sum of their powers has 12 bits before the point."""


def _product(a: Array | int, b: Array | int) -> Array:
    """Return the upper half of the doubled product, rounded to the nearest, ties up (gemmlowp)."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray((product + (1 << 30)) >> 31)


def _halved(x: Array, places: Array | int) -> Array:
    """Return x / 2^places, rounded to the nearest, ties away from zero."""
    size = np.abs(np.asarray(x, np.int64))
    return np.asarray(np.sign(x) * ((size + (np.int64(1) << places >> 1)) >> places))


def _cut(x: Array | int) -> Array:
    return np.clip(np.asarray(x, np.int64), -ONE - 1, ONE)


def _short_power(a: Array) -> Array:
    """Return e^a for a from -1/4 to 0, both with 31 bits behind the point: a polynomial around -1/8."""
    x = a + (1 << 28)
    square = _product(x, x)
    cube, fourth = _product(square, x), _product(square, square)
    tail = _halved(_product(_halved(fourth, 2) + cube, 715827883) + square, 1)
    return np.asarray(1895147668 + _product(1895147668, x + tail))


STEPS = {24: 1672461947, 25: 1302514674, 26: 790015084, 27: 290630308, 28: 39332535, 29: 720401, 30: 242}
"""e^(-2^(bit - 26)) with 31 bits behind the point."""


def powers(scale: float) -> Array:
    """Return e^(-scale d), d from 0 to 255, with 31 bits behind the point; 0 where it is too small: s32 [256]."""
    real = min(scale * 2.0**26, 2.0**31 - 1)
    multiplier, left = fixed_point(real)
    apart = -np.arange(256, dtype=np.int64)
    radius = int(31 * 2.0**26 / 2.0**left) if left >= 0 else 0
    a = _product(_cut(apart << max(left, 0)), multiplier)  # 26 bits behind the point
    rest = (a & ((1 << 24) - 1)) - (1 << 24)
    y = _short_power(_cut(rest << 5))
    for bit, step in STEPS.items():
        y = np.where((rest - a) >> bit & 1, _product(y, step), y)
    y = np.where(a == 0, ONE, y)
    return np.asarray(np.where(-apart > radius, 0, y).astype(np.int32))


def _reciprocal(total: Array) -> tuple[Array, Array]:
    """Return 1 / total as a fraction with 31 bits behind the point, and by how many bits it must be halved."""
    headroom = 31 - np.floor(np.log2(total.astype(np.float64))).astype(np.int64)
    apart = (total << headroom) - (1 << 31)  # total = (1 + apart) 2^(12 - headroom)
    half = (apart + ONE + 1) // 2  # of 1 + apart, rounded up
    x = 1515870810 + _product(half, -1010580540)  # 29 bits behind the point; Newton's method
    for _ in range(3):
        left = (1 << 29) - _product(half, x)
        x = _cut(x + _cut(_product(x, left) << 2))
    return _cut(x << 1), 12 - headroom


@dataclass(frozen=True)
class SoftmaxFixed(Operator):
    """e^x divided by its sum along an axis, of 8-bit integers: y stands for 1/256 of each step from its least.

    powers is a table of e^-d for the distance d from the largest x (see `powers`), with 31 bits behind the
    point; the sum has 19, and 1 / sum is found by Newton's method, all rounded as gemmlowp does.
    """

    NAME: ClassVar[str] = "softmax_fixed"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "powers")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"powers"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})
    TOLERANCE: ClassVar[float] = 0.0

    axis: int = 1

    def infer(self, x: TensorType, powers: TensorType) -> tuple[TensorType, ...]:
        activations(x, "s8", "u8")
        axis = axis_of(x, self.axis)
        if powers.shape != (256,) or powers.dtype != "s32":
            message = f"a table of powers is s32[256], not {powers}"
            raise LpdnnError(message)
        if x.shape[axis] >= MOST:
            message = f"a sum of {x.shape[axis]} powers does not fit; {MOST - 1} at most do"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, powers: Array) -> tuple[Array, ...]:
        wide = x.astype(np.int64)
        p = powers.astype(np.int64)[wide.max(axis=self.axis, keepdims=True) - wide]
        total = _halved(p, 12).sum(axis=self.axis, keepdims=True)
        scale, places = _reciprocal(total)
        low, high = RANGE[name_of(x)]
        y = _halved(_product(scale, p), places + 31 - 8) + low
        return (np.clip(y, low, high).astype(x.dtype),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        outer, size, inner = blocks(outputs[0].shape, self.axis)
        least, most = RANGE.get(outputs[0].dtype, (0, 0))
        return {"outer": outer, "size": size, "inner": inner, "least": least, "most": most}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, additions=3 * count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shapes = {1: (3, 10), 2: (2, 7, 21), 3: (1, 2, 3, 5), 0: (5,)}
        found = []
        for dtype in ("s8", "u8"):
            for seed, (axis, shape) in enumerate(shapes.items()):
                found.append(Sample(cls(axis), (drawn(shape, dtype, seed), powers(0.02 * 3**seed))))
            same = np.full((2, 1000), 7, np.int8 if dtype == "s8" else np.uint8)
            found.append(Sample(cls(), (same, powers(0.1))))
        return found
