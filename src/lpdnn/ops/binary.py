"""Functions of two tensors, either of which may repeat along some axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import broadcast, stretched_strides, walks
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal["add", "sub", "mul", "div", "max", "min", "pow", "mod", "fmod", "equal", "less", "less_equal"]

FUNCTIONS: dict[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
    "pow": np.power,
    "mod": np.mod,
    "fmod": np.fmod,
    "equal": np.equal,
    "less": np.less,
    "less_equal": np.less_equal,
}


@dataclass(frozen=True)
class Binary(Operator):
    """f(a, b) of each pair of elements; an axis of extent 1, or none, is stretched (as numpy does).

    Comparisons are 1 where they hold, else 0. mod has the sign of b, fmod that of a.
    """

    NAME: ClassVar[str] = "binary"
    INPUTS: ClassVar[tuple[str, ...]] = ("a", "b")

    kind: Kind
    activation: ActivationFunction = IDENTITY

    def infer(self, a: TensorType, b: TensorType) -> tuple[TensorType, ...]:
        return (a.reshaped(*broadcast(a, b)),)

    def reference(self, a: Array, b: Array) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            y = np.asarray(FUNCTIONS[self.kind](a.astype(np.float64), b.astype(np.float64)))
            return (self.activation(y).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        shape = outputs[0].shape
        steps = [stretched_strides(t.shape, shape) for t in inputs if t is not None]
        extents, a_strides, b_strides = walks(shape, *steps)
        return {"extents": extents, "a_strides": a_strides, "b_strides": b_strides}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        cost = {
            "add": Cost(additions=count),
            "sub": Cost(additions=count),
            "mul": Cost(multiplications=count),
            "div": Cost(divisions=count),
            "mod": Cost(divisions=count, multiplications=count, additions=count),
            "fmod": Cost(divisions=count, multiplications=count, additions=count),
            "pow": Cost(exponentials=2 * count),
        }.get(self.kind, Cost(comparisons=count))
        return cost + self.activation.cost(count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shape = (2, 3, 5, 7)
        relu = ActivationFunction("relu")
        away = np.linspace(0.5, 3.0, 15, dtype=np.float32).reshape(3, 1, 5)
        whole = np.arange(-12, 12, dtype=np.float32).reshape(2, 3, 4)
        divisor = np.array([3, -4, 5, 7], np.float32)
        return [
            Sample(cls("add"), (shape, shape)),
            Sample(cls("add", relu), (shape, (3, 1, 1))),
            Sample(cls("mul"), ((2, 3, 1, 1), shape)),
            Sample(cls("sub"), ((5, 1), (1, 9))),
            Sample(cls("div"), ((3, 4, 5), away)),
            Sample(cls("max"), ((4, 1, 6), (5, 1))),
            Sample(cls("min"), ((), (3, 2))),
            Sample(cls("pow"), (away, np.array(2.5, np.float32))),
            Sample(cls("mod"), (whole, divisor)),
            Sample(cls("fmod"), (whole, divisor)),
            Sample(cls("equal"), (whole, np.arange(4, dtype=np.float32))),
            Sample(cls("less"), (shape, (7,))),
            Sample(cls("less_equal"), (whole, np.array([[0], [1], [2]], np.float32))),
            Sample(cls("sub"), ((2, 1, 2, 1, 2, 1, 2, 2), (1, 3, 1, 2, 1, 2, 1, 2))),
        ]
