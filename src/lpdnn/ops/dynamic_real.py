"""Sums of integers with scales of their own as the numbers that they stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import real

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class DynamicReal(Operator):
    """y = x * (factor * scale) + bias, or (x * factor) * scale + bias where `early`, each step rounded to fp32.

    x [...,C,...]; scale [...,3] is a dynamic_scale, of what is before the channels; factor and bias are [C].
    """

    NAME: ClassVar[str] = "dynamic_real"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "scale", "factor", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"factor", "bias"})
    TOLERANCE: ClassVar[float] = 0.0

    early: bool = False

    def infer(
        self, x: TensorType, scale: TensorType, factor: TensorType, bias: TensorType | None = None
    ) -> tuple[TensorType, ...]:
        real(x, scale, factor, bias)
        axis = scale.rank - 1
        if axis < 0 or axis >= x.rank or scale.shape != (*x.shape[:axis], 3):
            message = f"scale {scale} is not of slices of {x}"
            raise LpdnnError(message)
        if factor.shape != (x.shape[axis],) or (bias is not None and bias != factor):
            message = f"factors {factor} and bias {bias} do not go with the {x.shape[axis]} channels of {x}"
            raise LpdnnError(message)
        return (x,)

    def reference(
        self, x: Array, scale: Array, factor: Array, bias: Array | None = None
    ) -> tuple[Array, ...]:
        scales = scale.reshape(-1, 3)[:, :1, None]
        sums = x.reshape(len(scales), len(factor), -1)
        factors = factor[:, None]
        y = (sums * factors) * scales if self.early else sums * (factors * scales)
        y = y if bias is None else y + bias[:, None]
        return (y.astype(np.float32).reshape(x.shape),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        scale, factor = inputs[1], inputs[2]
        assert scale is not None
        assert factor is not None
        outer = math.prod(scale.shape[:-1])
        return {"outer": outer, "channels": factor.count, "inner": outputs[0].count // outer // factor.count}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=2 * count, additions=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(early), (shape, scale, (5,), bias))
            for early in (False, True)
            for shape, scale, bias in (
                ((2, 5, 3, 7), (2, 3), (5,)),
                ((2, 5, 3, 7), (2, 3), None),
                ((3, 4, 5), (3, 4, 3), (5,)),
            )
        ]
