"""Scales and zero points that follow from the values themselves, as a network runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import axis_of, real

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["about_zero", "between"]
MOST = 127.0
STEPS = 255.0


@dataclass(frozen=True)
class DynamicScale(Operator):
    """Of each slice of x before `axis` the scale, its inverse and the zero point of its 8-bit integers: y [...,3].

    "about_zero": integers from -127 to 127 and no zero point, the scale max |x| / 127. "between": from -128 to
    127, which stand for the least and the largest x, or 0. Without a range the scale is 1. All as TensorFlow
    Lite's reference kernels do, which divide ranges between in double precision.
    """

    NAME: ClassVar[str] = "dynamic_scale"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})
    TOLERANCE: ClassVar[float] = 0.0

    kind: Kind
    axis: int = 1

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        real(x)
        return (x.reshaped(*x.shape[: axis_of(x, self.axis)], 3),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        rows = x.reshape(*x.shape[: self.axis], -1)
        low, high = rows.min(axis=-1), rows.max(axis=-1)
        with np.errstate(all="ignore"):
            if self.kind == "about_zero":
                span = np.maximum(np.abs(low), np.abs(high))
                scale, inverse = span / np.float32(MOST), np.float32(MOST) / span
                zero = np.zeros_like(scale)
            else:
                low, high = (np.minimum(low, 0).astype(np.float64), np.maximum(high, 0).astype(np.float64))
                span = (high - low).astype(np.float32)
                exact = (high - low) / STEPS
                scale = exact.astype(np.float32)
                inverse = np.float32(1) / scale
                place = np.where(span > 0, -low.astype(np.float32) / scale, 0).astype(
                    np.float32
                ) - np.float32(128)
                zero = np.clip(np.sign(place) * np.floor(np.abs(place) + np.float32(0.5)), -128, 127)
        none = ~(span > 0)
        parts = (np.where(none, 1, scale), np.where(none, 1, inverse), np.where(none, 0, zero))
        return (np.stack(parts, axis=-1).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        return {"outer": math.prod(x.shape[: self.axis]), "inner": math.prod(x.shape[self.axis :])}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        x = inputs[0]
        assert x is not None
        return Cost(comparisons=2 * x.count, divisions=2 * outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        rng = np.random.default_rng(1)
        rows = (rng.standard_normal((200, 7)) * np.exp(rng.uniform(-9, 9, (200, 1)))).astype(np.float32)
        rows[3] = 0
        return [
            *(
                Sample(cls(kind), (x,))
                for kind in ("about_zero", "between")
                for x in (rows, np.abs(rows), -rows)
            ),
            Sample(cls("between", 2), ((2, 3, 5, 7),)),
            Sample(cls("about_zero", 3), ((2, 3, 5, 7),)),
        ]
