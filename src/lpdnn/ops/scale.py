"""Multiplication of an axis, or a few, by factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks, covers, stretched
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Scale(Operator):
    """y = scale x + bias, where scale and bias have the shape of x's axes from `axis` on, or rank 0."""

    NAME: ClassVar[str] = "scale"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "scale", "bias?")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    axis: int = 1
    activation: ActivationFunction = IDENTITY

    def infer(
        self, x: TensorType, scale: TensorType, bias: TensorType | None = None
    ) -> tuple[TensorType, ...]:
        covers(x, self.axis, scale, "scale")
        if bias is not None and bias.shape != scale.shape:
            message = f"bias {bias} does not have the shape of scale {scale}"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, scale: Array, bias: Array | None = None) -> tuple[Array, ...]:
        y = x * stretched(scale.astype(np.float64), x.ndim, self.axis)
        if bias is not None:
            y = y + stretched(bias.astype(np.float64), x.ndim, self.axis)
        return (self.activation(np.asarray(y)).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        scale = inputs[1]
        assert scale is not None
        outer, size, inner = blocks(outputs[0].shape, self.axis, scale.rank)
        return {"outer": outer, "size": size, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        bias = count if len(inputs) > 2 and inputs[2] is not None else 0
        return Cost(multiplications=count, additions=bias) + self.activation.cost(count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), ((2, 5, 3, 7), (5,), (5,))),
            Sample(cls(activation=ActivationFunction("relu")), ((1, 3, 5, 4), (3,), None)),
            Sample(cls(axis=0), ((2, 4, 3, 3), (2, 4), None)),
            Sample(cls(axis=2), ((2, 3, 4), (4,), (4,))),
            Sample(cls(axis=0), ((2, 3, 4), (2, 3, 4), (2, 3, 4))),
            Sample(cls(), ((2, 3, 4), np.array(-1.5, np.float32), np.array(0.25, np.float32))),
            Sample(cls(), ((7,), np.array(2.0, np.float32), None)),
        ]
