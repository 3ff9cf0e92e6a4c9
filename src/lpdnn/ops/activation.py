"""Scalar functions, alone as a node or applied by another operator before it stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal[
    "identity",
    "relu",
    "clip",
    "sigmoid",
    "tanh",
    "elu",
    "abs",
    "exp",
    "log",
    "softplus",
    "threshold",
    "swish",
]


def _sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


FUNCTIONS: dict[str, Callable[[Array, float, float], Array]] = {
    "identity": lambda x, _a, _b: x,
    "relu": lambda x, a, _b: np.where(x > 0, x, a * x),
    "clip": lambda x, a, b: np.minimum(np.maximum(x, a), b),
    "sigmoid": lambda x, _a, _b: _sigmoid(x),
    "tanh": lambda x, _a, _b: np.tanh(x),
    "elu": lambda x, a, _b: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0))),
    "abs": lambda x, _a, _b: np.abs(x),
    "exp": lambda x, a, b: np.exp(a * x + b),
    "log": lambda x, a, b: np.log(a * x + b),
    "softplus": lambda x, _a, _b: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "threshold": lambda x, a, _b: (x > a) * 1.0,
    "swish": lambda x, a, _b: x * _sigmoid(a * x),
}
"""The meaning of each kind, of x, alpha and beta, in float64."""


@dataclass(frozen=True)
class ActivationFunction:
    """A scalar function of x, alpha and beta.

    relu: slope alpha below zero; clip: to [alpha, beta]; elu: alpha (e^x - 1) below zero;
    exp and log are of alpha x + beta; threshold: x > alpha; swish: x sigmoid(alpha x).
    """

    kind: Kind = "identity"
    alpha: float = 0.0
    beta: float = 0.0

    def __call__(self, x: Array) -> Array:
        """Return f(x) in float64."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(FUNCTIONS[self.kind](x.astype(np.float64), self.alpha, self.beta))

    def cost(self, count: int) -> Cost:
        """Return the arithmetic of `count` evaluations."""
        if self.kind == "identity":
            return Cost()
        if self.kind in {"relu", "abs", "threshold"}:
            return Cost(comparisons=count, multiplications=count if self.alpha and self.kind == "relu" else 0)
        if self.kind == "clip":
            return Cost(comparisons=2 * count)
        divides = self.kind in {"sigmoid", "tanh", "swish"}
        return Cost(exponentials=count, additions=count, divisions=count if divides else 0)


IDENTITY = ActivationFunction()


@dataclass(frozen=True)
class Activation(Operator):
    """A scalar function of every element."""

    NAME: ClassVar[str] = "activation"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)

    function: ActivationFunction = IDENTITY

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        return (self.function(x).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return self.function.cost(outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        parameters = {
            "relu": (0.1, 0.0),
            "clip": (0.0, 6.0),
            "elu": (1.5, 0.0),
            "exp": (0.5, 0.1),
            "log": (1.0, 9.0),
        }
        return [
            Sample(
                cls(ActivationFunction(kind, *parameters.get(kind, (0.7, 0.0)))), ((2, 3, 5, 7),), spread=4.0
            )
            if kind != "log"
            else Sample(
                cls(ActivationFunction(kind, *parameters["log"])),
                (np.linspace(-8, 90, 210, dtype=np.float32).reshape(2, 3, 5, 7),),
            )
            for kind in get_args(Kind)
        ]
