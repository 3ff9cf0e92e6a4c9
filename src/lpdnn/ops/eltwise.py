"""Sum, product or maximum of tensors of one shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite, real
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDS = {"sum": np.add, "product": np.multiply, "max": np.maximum}


@dataclass(frozen=True)
class Eltwise(Operator):
    """Sum, product or maximum of tensors of one shape; a sum may weigh each with a coefficient."""

    NAME: ClassVar[str] = "eltwise"
    INPUTS: ClassVar[tuple[str, ...]] = ("x*",)

    kind: Literal["sum", "product", "max"] = "sum"
    coefficients: tuple[float, ...] = ()
    activation: ActivationFunction = IDENTITY

    def infer(self, *x: TensorType) -> tuple[TensorType, ...]:
        for position, tensor in enumerate(x):
            if tensor != x[0]:
                message = f"input {position} is {tensor}, but input 0 is {x[0]}; they must be the same"
                raise LpdnnError(message)
        if self.kind != "max" or self.activation != IDENTITY:
            real(x[0])
        if self.coefficients and self.kind != "sum":
            message = f"coefficients go with a sum, not with a {self.kind}"
            raise LpdnnError(message)
        if self.coefficients and len(self.coefficients) != len(x):
            message = f"there are {len(self.coefficients)} coefficients for {len(x)} inputs"
            raise LpdnnError(message)
        for coefficient in self.coefficients:
            finite(coefficient=coefficient)
        return (x[0],)

    def reference(self, *x: Array) -> tuple[Array, ...]:
        factors = self.coefficients or (1.0,) * len(x)
        terms = [factor * a.astype(np.float64) for factor, a in zip(factors, x, strict=True)]
        return (self.activation(reduce(FOLDS[self.kind], terms)).astype(x[0].dtype),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"inputs": len(inputs), "count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        folds = count * (len(inputs) - 1)
        factors = count * sum(abs(c) != 1 for c in self.coefficients)
        return (
            self.activation.cost(count)
            + {
                "sum": Cost(additions=folds, multiplications=factors),
                "product": Cost(multiplications=folds),
                "max": Cost(comparisons=folds),
            }[self.kind]
        )

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        relu = ActivationFunction("relu")
        shape = (2, 3, 5, 7)
        return [
            Sample(cls(), (shape, shape)),
            Sample(cls("sum", activation=relu), ((1, 4, 16, 16),) * 3),
            Sample(cls("sum", (1.0, -1.0)), (shape, shape)),
            Sample(cls("sum", (0.5, -2.0, 1.5)), ((64,), (64,), (64,))),
            Sample(cls("product"), (shape, shape, shape)),
            Sample(cls("product", activation=relu), ((3, 43), (3, 43))),
            Sample(cls("max"), (shape, shape, shape, shape)),
            Sample(cls("sum", (3.0,)), ((5,),)),
        ]
