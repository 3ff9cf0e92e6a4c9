"""Batch normalization with statistics that training left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks, stretched
from lpdnn.ops._checks import channel_axis, finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class BatchNorm(Operator):
    """y = (x - mean) / sqrt(variance + epsilon) over each channel of x [N,C,...]; mean [C], variance [C]."""

    NAME: ClassVar[str] = "batch_norm"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "mean", "variance")

    epsilon: float = 1e-5

    def infer(self, x: TensorType, mean: TensorType, variance: TensorType) -> tuple[TensorType, ...]:
        finite(epsilon=self.epsilon)
        if self.epsilon < 0:
            message = f"epsilon is {self.epsilon}; it must not be negative"
            raise LpdnnError(message)
        channels = x.shape[channel_axis(x)]
        for role, tensor in (("mean", mean), ("variance", variance)):
            if tensor.shape != (channels,):
                message = f"{role} {tensor} does not fit the {channels} channels of {x}"
                raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, mean: Array, variance: Array) -> tuple[Array, ...]:
        axis = min(1, x.ndim - 1)
        center, spread = (stretched(a.astype(np.float64), x.ndim, axis) for a in (mean, variance))
        with np.errstate(divide="ignore", invalid="ignore"):
            return (((x - center) / np.sqrt(spread + self.epsilon)).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        y = outputs[0]
        batch, channels, inner = blocks(y.shape, channel_axis(y))
        return {"batch": batch, "channels": channels, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        y = outputs[0]
        channels = y.shape[channel_axis(y)]
        roots = Cost(additions=channels, divisions=channels, exponentials=channels)
        return Cost(multiplications=y.count, additions=y.count) + roots

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        def variance(channels: int) -> Array:
            return np.geomspace(1e-4, 50.0, channels, dtype=np.float32)

        return [
            Sample(cls(), ((2, 5, 3, 7), (5,), variance(5))),
            Sample(cls(1e-3), ((4, 9), (9,), variance(9))),
            Sample(cls(0.0), ((6,), (6,), variance(6))),
            Sample(cls(), ((1, 3, 4), (3,), np.zeros(3, np.float32))),
            Sample(cls(), ((1, 1, 2, 2, 3), (1,), variance(1))),
        ]
