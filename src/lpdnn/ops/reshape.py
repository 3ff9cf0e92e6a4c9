"""The same elements in another shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Reshape(Operator):
    """The elements of x, in the same row-major order, in another shape."""

    NAME: ClassVar[str] = "reshape"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    VIEW: ClassVar[bool] = True
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"shape"})
    TOLERANCE: ClassVar[float] = 0.0

    shape: tuple[int, ...]

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        wanted = "x".join(map(str, self.shape)) or "scalar"
        if any(extent < 0 for extent in self.shape):
            message = f"shape {wanted} has an extent below 0"
            raise LpdnnError(message)
        if math.prod(self.shape) != x.count:
            message = f"shape {wanted} has {math.prod(self.shape)} elements, and {x} has {x.count}"
            raise LpdnnError(message)
        return (x.reshaped(*self.shape),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        return (x.reshape(self.shape),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].count}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls((2, 105)), ((2, 3, 5, 7),)),
            Sample(cls((7, 1, 3, 1, 11)), ((3, 77),)),
            Sample(cls(()), ((1, 1),)),
        ]
