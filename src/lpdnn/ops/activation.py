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
    "hard_sigmoid",
    "hard_swish",
    "gelu",
    "gelu_tanh",
    "mish",
    "softsign",
]


def _sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def erfc(x: Array) -> Array:
    """Return 1 - erf(x): its series around 0, a continued fraction of its tail beyond."""
    size = np.abs(x)
    small = np.minimum(size, 3.0)
    term, total = small.copy(), small.copy()
    for n in range(1, 60):
        term = -term * small * small / n
        total += term / (2 * n + 1)
    large = np.clip(size, 2.0, 26.0)
    fraction = np.zeros_like(large)
    for n in range(60, 0, -1):
        fraction = n / 2 / (large + fraction)
    tail = np.exp(-large * large) / np.sqrt(np.pi) / (large + fraction)
    beyond = np.where(size < 2.5, 1 - 2 / np.sqrt(np.pi) * total, tail)
    return np.asarray(np.where(x < 0, 2 - beyond, beyond))


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
    "hard_sigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "hard_swish": lambda x, a, b: x * np.clip(a * x + b, 0, 1),
    "gelu": lambda x, _a, _b: 0.5 * x * erfc(-x / np.sqrt(2)),
    "gelu_tanh": lambda x, _a, _b: x * _sigmoid(np.sqrt(8 / np.pi) * (x + 0.044715 * x**3)),
    "mish": lambda x, _a, _b: x * np.tanh(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))),
    "softsign": lambda x, _a, _b: x / (1 + np.abs(x)),
}
"""The meaning of each kind, of x, alpha and beta, in float64."""


@dataclass(frozen=True)
class ActivationFunction:
    """A scalar function of x, alpha and beta.

    relu: slope alpha below zero; clip: to [alpha, beta]; elu: alpha (e^x - 1) below zero;
    exp and log are of alpha x + beta; threshold: x > alpha; swish: x sigmoid(alpha x); hard_sigmoid:
    alpha x + beta, to [0, 1]; hard_swish: x times that; gelu: x times the normal distribution, gelu_tanh its
    usual approximation; mish: x tanh(softplus x).
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
        if self.kind in {"hard_sigmoid", "hard_swish"}:
            products = 2 * count if self.kind == "hard_swish" else count
            return Cost(comparisons=2 * count, multiplications=products, additions=count)
        if self.kind == "softsign":
            return Cost(additions=count, divisions=count)
        divides = self.kind in {"sigmoid", "tanh", "swish", "gelu", "gelu_tanh", "mish"}
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
            "hard_sigmoid": (0.2, 0.5),
            "hard_swish": (1 / 6, 0.5),
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
