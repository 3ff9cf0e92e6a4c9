"""A tensor repeated along axes of extent 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import broadcast, few_axes, stretched_strides, walk

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Expand(Operator):
    """x repeated to a shape: axes count from the last, those of extent 1 or missing are repeated."""

    NAME: ClassVar[str] = "expand"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"shape"})
    TOLERANCE: ClassVar[float] = 0.0

    shape: tuple[int, ...]

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        wanted = TensorType(self.shape)
        few_axes(wanted)
        if broadcast(x, wanted) != self.shape:
            message = f"{x} does not stretch to {wanted}"
            raise LpdnnError(message)
        return (TensorType(self.shape, x.dtype),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(np.broadcast_to(x, self.shape)),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        return {**walk(self.shape, stretched_strides(x.shape, self.shape))}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls((2, 3, 5, 7)), ((3, 1, 7),)),
            Sample(cls((4, 6)), ((),)),
            Sample(cls((2, 3)), ((2, 3),)),
            Sample(cls((5, 2, 4)), ((1, 2, 1),)),
        ]
