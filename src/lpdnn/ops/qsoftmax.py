"""Softmax of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import ELEMENT, RANGE, Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, rescale
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of
from lpdnn.ops._integers import NARROW, TERMS, activations, bounds, drawn, factor, name_of, result

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE = 2**31 - 1


def powers(scale: float) -> Array:
    """Return the table of a softmax of integers with a scale: e^(-scale d) / 2^31 of d, and of 256 d; d to 255."""
    steps = np.arange(256) * scale
    table = np.concatenate([np.exp(-steps), np.exp(-256 * steps)])
    return np.minimum(np.rint(table * 2.0**31), ONE).astype(np.int32)


@dataclass(frozen=True)
class QSoftmax(Operator):
    """e^x divided by its sum along an axis, of integers, by a table: see `powers`.

    With d the distance from the largest x, p = powers[d % 256] * powers[256 + d / 256] / 2^31. Then y =
    y_zero + p * r * 2^(shift - 31), within [low, high], where r = multiplier / 2^31 * 2^61 / s, each rounded
    to the nearest but the quotient, which is rounded down, and s is the sum of p as a number from 2^30 to
    2^31 - 1 times a power of two, which `shift` makes up for.
    """

    NAME: ClassVar[str] = "qsoftmax"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "powers")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"powers"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})
    TOLERANCE: ClassVar[float] = 0.0

    multiplier: int
    shift: int
    axis: int = 1
    y_zero: int = 0
    low: int = -128
    high: int = 127

    def infer(self, x: TensorType, powers: TensorType) -> tuple[TensorType, ...]:
        activations(x)
        axis = axis_of(x, self.axis)
        if powers.shape != (512,) or powers.dtype != "s32":
            message = f"a table of powers is s32[512], not {powers}"
            raise LpdnnError(message)
        if x.shape[axis] > TERMS:
            message = f"a sum of {x.shape[axis]} powers may not fit; {TERMS} at most do"
            raise LpdnnError(message)
        factor(self.multiplier, self.shift)
        bounds(x.dtype, self.y_zero, self.low, self.high)
        return (x,)

    def reference(self, x: Array, powers: Array) -> tuple[Array, ...]:
        wide = x.astype(np.int64)
        apart = wide.max(axis=self.axis, keepdims=True) - wide
        p = rescale(powers[apart % 256], powers[256 + apart // 256], 0)
        total = p.sum(axis=self.axis, keepdims=True)
        # total = s * 2^raised; of what is shifted out, nothing is left
        raised = np.frexp(total.astype(np.float64))[1] - 31
        s = np.where(raised >= 0, total >> np.maximum(raised, 0), total << np.maximum(-raised, 0))
        r = rescale((2**61 // s) - 1, self.multiplier, 0)
        return (
            result(
                p,
                np.broadcast_to(r, p.shape),
                np.broadcast_to(self.shift - raised, p.shape),
                dtype=name_of(x),
                zero=self.y_zero,
                low=self.low,
                high=self.high,
            ),
        )

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        outer, size, inner = blocks(outputs[0].shape, self.axis)
        return {"outer": outer, "size": size, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=3 * count, additions=3 * count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        shapes = {1: (3, 10), 2: (2, 7, 21), 3: (1, 2, 3, 5), 0: (5,)}
        for dtype in NARROW:
            low, high = RANGE[dtype]
            for seed, (axis, shape) in enumerate(shapes.items()):
                zero = low if dtype == "s8" else 0
                scale = (0.05 if dtype != "s16" else 0.0003) * 4**seed
                op = cls(2**30, {"s8": -21, "u8": -21, "s16": -14}[dtype], axis, zero, low, high)
                found.append(Sample(op, (drawn(shape, dtype, seed), powers(scale))))
            same = np.full((2, 1000), high, ELEMENT[dtype])
            found.append(Sample(cls(2**30, -13, 1, 0, low, high), (same, powers(0.1))))
        return found
