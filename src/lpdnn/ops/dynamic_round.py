"""Values as the integers that a scale of their own makes of them, held by floats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import real
from lpdnn.ops.dynamic_scale import DynamicScale

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class DynamicRound(Operator):
    """Integers within [low, 127] that x stands for, less the zero point; scale [...,3] is a dynamic_scale of x.

    They are nearest to zero point + x * inverse, both rounded to fp32, ties away from zero.
    """

    NAME: ClassVar[str] = "dynamic_round"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "scale")
    TOLERANCE: ClassVar[float] = 0.0

    low: float = -128.0

    def infer(self, x: TensorType, scale: TensorType) -> tuple[TensorType, ...]:
        real(x, scale)
        if scale.rank < 1 or scale.shape != (*x.shape[: scale.rank - 1], 3):
            message = f"scale {scale} is not of slices of {x}"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, scale: Array) -> tuple[Array, ...]:
        _, inverse, zero = np.moveaxis(scale.reshape(-1, 3), 1, 0)[:, :, None]
        with np.errstate(all="ignore"):
            place = (x.reshape(len(inverse), -1) * inverse).astype(np.float32) + zero
        whole = np.sign(place) * np.floor(np.abs(place.astype(np.float64)) + 0.5)
        return ((np.clip(whole, self.low, 127) - zero).astype(np.float32).reshape(x.shape),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        scale = inputs[1]
        assert scale is not None
        outer = math.prod(scale.shape[:-1])
        return {"outer": outer, "inner": outputs[0].count // outer}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, additions=3 * count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        x = np.random.default_rng(2).standard_normal((4, 3, 5, 6)).astype(np.float32)
        ties = (np.arange(-300, 300, dtype=np.float32) / 2).reshape(2, -1)
        return [
            Sample(cls(), (x, DynamicScale("between").reference(x)[0])),
            Sample(cls(-127.0), (x, DynamicScale("about_zero", 2).reference(x)[0])),
            Sample(cls(), (ties, np.array([[1, 1, 0], [1, 1, -5]], np.float32))),
        ]
