"""From integers to real numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite
from lpdnn.ops._integers import TYPES, activations, drawn, zero_point

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Dequantize(Operator):
    """scale * (x - zero) as floating point; x is s8, u8, s16 or s32."""

    NAME: ClassVar[str] = "dequantize"
    TOLERANCE: ClassVar[float] = 0.0

    scale: float
    zero: int = 0

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        finite(scale=self.scale)
        activations(x, *TYPES)
        zero_point(x.dtype, self.zero)
        return (replace(x, dtype="f32"),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        steps = (x.astype(np.int64) - self.zero).astype(np.float32)
        return (np.asarray(steps * np.float32(self.scale)),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        return {"count": outputs[0].elements, "type": TYPES[x.dtype]}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=count, additions=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(0.0371, 11 if dtype in {"s8", "u8"} else 0), (drawn((2, 3, 5, 7), dtype, seed),))
            for seed, dtype in enumerate(TYPES)
        ]
