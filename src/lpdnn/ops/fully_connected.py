"""Fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FullyConnected(Operator):
    """Product of weight [M,K] with the axes of x from `axis` on, seen as one vector of K; bias [M]."""

    NAME: ClassVar[str] = "fc"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "bias?")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    axis: int = 1
    activation: ActivationFunction = IDENTITY

    def infer(
        self, x: TensorType, weight: TensorType, bias: TensorType | None = None
    ) -> tuple[TensorType, ...]:
        axis = axis_of(x, self.axis)
        inputs = x.count // blocks(x.shape, axis)[0]
        if weight.rank != 2 or weight.shape[1] != inputs:
            message = f"weight {weight} does not fit {x} from axis {axis} on, which needs [M,{inputs}]"
            raise LpdnnError(message)
        if bias is not None and bias.shape != weight.shape[:1]:
            message = f"bias {bias} does not fit {weight.shape[0]} outputs"
            raise LpdnnError(message)
        shape = (*x.shape[:axis], weight.shape[0])
        return (TensorType(shape, x.dtype, x.layout if len(shape) == 4 else "nchw"),)

    def reference(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, ...]:
        rows = x.reshape(-1, weight.shape[1]).astype(np.float64)
        y = rows @ weight.astype(np.float64).T
        if bias is not None:
            y += bias.astype(np.float64)
        return (self.activation(y).astype(np.float32).reshape(*x.shape[: self.axis], -1),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        weight = inputs[1]
        assert weight is not None
        return {
            "batch": outputs[0].count // weight.shape[0],
            "inputs": weight.shape[1],
            "outputs": weight.shape[0],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        weight = inputs[1]
        assert weight is not None
        count = outputs[0].count
        macs = count * weight.shape[1]
        bias = count if len(inputs) > 2 and inputs[2] is not None else 0
        return Cost(multiplications=macs, additions=macs - count + bias) + self.activation.cost(count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), ((1, 4, 5, 5), (10, 100), (10,))),
            Sample(cls(activation=ActivationFunction("relu")), ((3, 37), (5, 37), (5,))),
            Sample(cls(axis=3), ((2, 3, 2, 13), (2, 13), None)),
            Sample(cls(axis=0), ((2, 3), (4, 6), (4,))),
            Sample(cls(), ((1, 1), (1, 1), (1,))),
            Sample(cls(), ((1, 512, 7, 7), (3, 25088), (3,))),
            Sample(
                cls(),
                (
                    np.full((1, 25088), 0.3, np.float32),
                    np.repeat(np.array([[1.0], [-0.7]], np.float32), 25088, axis=1),
                    None,
                ),
            ),
        ]
