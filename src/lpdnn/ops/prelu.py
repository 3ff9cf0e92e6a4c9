"""ReLU with a learned slope below zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks, stretched
from lpdnn.ops._checks import channel_axis

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class PRelu(Operator):
    """y = x above zero, slope x below, with a slope [C] for each channel of x [N,C,...], or [1] for all."""

    NAME: ClassVar[str] = "prelu"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "slope")

    def infer(self, x: TensorType, slope: TensorType) -> tuple[TensorType, ...]:
        channels = x.shape[channel_axis(x)]
        if slope.shape not in {(channels,), (1,)}:
            message = f"slope {slope} does not fit the {channels} channels of {x}"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, slope: Array) -> tuple[Array, ...]:
        factors = stretched(slope.astype(np.float64), x.ndim, min(1, x.ndim - 1))
        return (np.where(x > 0, x, factors * x).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        y, slope = outputs[0], inputs[1]
        assert slope is not None
        shared = slope.count == 1
        batch, channels, inner = (1, 1, y.elements) if shared else blocks(y.shape, channel_axis(y))
        return {"batch": batch, "channels": channels, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost(comparisons=outputs[0].count, multiplications=outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), ((2, 5, 3, 7), (5,))),
            Sample(cls(), ((2, 5, 3, 7), (1,))),
            Sample(cls(), ((3, 9), (9,))),
            Sample(cls(), ((6,), (6,))),
        ]
