"""Power of a linear function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Power(Operator):
    """y = (shift + scale x)^power."""

    NAME: ClassVar[str] = "power"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)

    power: float = 1.0
    scale: float = 1.0
    shift: float = 0.0

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        finite(power=self.power, scale=self.scale, shift=self.shift)
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            y = np.power(self.shift + self.scale * x.astype(np.float64), self.power)
            return (np.asarray(y).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        linear = Cost(multiplications=count if self.scale != 1 else 0, additions=count if self.shift else 0)
        return linear + Cost(exponentials=count if self.power != 1 else 0)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shape = (2, 3, 5, 7)
        positive = np.geomspace(0.01, 100.0, 210, dtype=np.float32).reshape(shape)
        return [
            Sample(cls(1.0, 0.0078125, -1.0), (shape,), spread=127.0),
            Sample(cls(2.0, 0.5, 1.0), (shape,)),
            Sample(cls(3.0), (shape,)),
            Sample(cls(-1.0, -1.0), (positive,)),
            Sample(cls(-2.0, 1.0, 0.5), (positive,)),
            Sample(cls(0.0), ((3, 7),)),
            Sample(cls(0.5, 2.0, 1.0), (positive,)),
            Sample(cls(-0.75, 0.1, 1.0), (positive,)),
            Sample(cls(1.7), (positive,)),
            Sample(cls(11.0), (np.linspace(-1.5, 1.5, 51, dtype=np.float32),)),
        ]
