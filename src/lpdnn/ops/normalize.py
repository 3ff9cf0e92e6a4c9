"""Vectors scaled to unit length (SSD)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Normalize(Operator):
    """y = x / sqrt(sum of x^2 + epsilon) * scale, summed over channels or, across_spatial, over an image.

    scale is [C], or has one value for all channels.
    """

    NAME: ClassVar[str] = "normalize"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "scale")

    across_spatial: bool = True
    epsilon: float = 1e-10

    def infer(self, x: TensorType, scale: TensorType) -> tuple[TensorType, ...]:
        if x.rank < 2:
            message = f"normalization needs an input with a channel axis, not {x}"
            raise LpdnnError(message)
        if scale.rank > 1 or scale.count not in {1, x.shape[1]}:
            message = f"scale {scale} must have one value or {x.shape[1]}, one for each channel of {x}"
            raise LpdnnError(message)
        finite(epsilon=self.epsilon)
        if self.epsilon < 0:
            message = f"epsilon is {self.epsilon}; it must not be negative"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, scale: Array) -> tuple[Array, ...]:
        wide = x.astype(np.float64)
        axes = tuple(range(1, x.ndim)) if self.across_spatial else (1,)
        norm = np.sqrt(np.sum(wide * wide, axis=axes, keepdims=True) + self.epsilon)
        factor = scale.astype(np.float64).reshape(-1, *(1,) * (x.ndim - 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            return ((wide / norm * factor).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        scale = inputs[1]
        assert scale is not None
        batch, channels, *spatial = outputs[0].shape
        return {"batch": batch, "channels": channels, "spatial": math.prod(spatial), "scales": scale.count}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        y = outputs[0]
        norms = y.shape[0] if self.across_spatial else y.count // y.shape[1]
        return Cost(multiplications=3 * y.count, additions=y.count, divisions=2 * norms)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(across_spatial=False), ((2, 5, 3, 7), (5,))),
            Sample(cls(across_spatial=False), ((1, 512, 5, 9), (512,)), spread=20.0),
            Sample(cls(across_spatial=False, epsilon=0.5), ((3, 40), (1,))),
            Sample(cls(), ((2, 6, 5, 7), (6,))),
            Sample(cls(epsilon=1e-3), ((1, 3, 61, 67), ()), spread=0.01),
            Sample(cls(), (np.full((1, 32, 70, 70), 0.1, np.float32), (1,))),
        ]
