"""Scalar functions that only few networks use, so that they are kept out of every kernel's activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops.activation import erfc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal[
    "floor",
    "ceil",
    "round",
    "trunc",
    "sign",
    "nonzero",
    "is_nan",
    "is_inf",
    "erf",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "acosh",
    "atanh",
]


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "trunc": np.trunc,
    "sign": np.sign,
    "nonzero": lambda x: x != 0,
    "is_nan": np.isnan,
    "is_inf": np.isinf,
    "erf": lambda x: 1 - erfc(x),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
}


@dataclass(frozen=True)
class Unary(Operator):
    """A rarer scalar function of every element; round goes to the even neighbour, tests give 1 or 0."""

    NAME: ClassVar[str] = "unary"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)

    kind: Kind

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            return (np.asarray(FUNCTIONS[self.kind](x.astype(np.float64))).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        rounds = self.kind in {"floor", "ceil", "round", "trunc", "sign", "nonzero", "is_nan", "is_inf"}
        return Cost(comparisons=count) if rounds else Cost(exponentials=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        halves = np.arange(-12, 12, dtype=np.float32) / 2
        places: dict[Kind, Array] = {
            "asin": np.linspace(-1, 1, 101, dtype=np.float32),
            "acos": np.linspace(-1, 1, 101, dtype=np.float32),
            "atanh": np.linspace(-0.99, 0.99, 101, dtype=np.float32),
            "acosh": np.linspace(1, 30, 101, dtype=np.float32),
            "tan": np.linspace(-1.5, 1.5, 101, dtype=np.float32),
            "round": halves,
            "floor": np.concatenate([halves, np.array([-3e9, 8388609.0, 1e30], np.float32)]),
            "ceil": halves,
            "trunc": halves,
            "sign": halves,
            "nonzero": halves,
        }
        shape = (2, 3, 5, 7)
        return [
            Sample(cls(kind), (values if (values := places.get(kind)) is not None else shape,), spread=2.0)
            for kind in get_args(Kind)
        ] + [Sample(cls("sin"), (np.linspace(-900, 900, 301, dtype=np.float32),))]
