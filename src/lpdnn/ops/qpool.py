"""Mean of windows of integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ir.types import ELEMENT, RANGE
from lpdnn.ops._integers import activations, bounds, drawn, name_of
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the spec struct is made of these hints
from lpdnn.ops.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 32767
"""Elements of a window whose sum and rounding fit 32 bits."""


@dataclass(frozen=True)
class QPool(Operator):
    """Mean of each window of x [N,C,H,W], of integers in one format: zero + the nearest to mean(x - zero).

    Ties go away from zero; results are within [low, high]. Windows are those of an average `pool`, and
    padding is `zero`.
    """

    NAME: ClassVar[str] = "qpool"
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"ceil"})
    TOLERANCE: ClassVar[float] = 0.0

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    ceil: bool = False
    count_padding: bool = True
    zero: int = 0
    low: int = -128
    high: int = 127

    def _plain(self) -> Pool:
        return Pool("average", self.kernel, self.stride, self.padding, self.ceil, self.count_padding)

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        activations(x)
        bounds(x.dtype, self.zero, self.low, self.high)
        if self.kernel[0] * self.kernel[1] > LARGEST:
            message = f"a window of {self.kernel[0]}x{self.kernel[1]} has more than {LARGEST} elements"
            raise LpdnnError(message)
        (y,) = self._plain().infer(replace(x, dtype="f32"))
        return (replace(y, dtype=x.dtype),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        total, count = self._plain().sums(x.astype(np.float64) - self.zero)
        size = np.abs(total.astype(np.int64))
        counts = count.astype(np.int64)
        mean = np.sign(total).astype(np.int64) * ((2 * size + counts) // (2 * counts))
        y = np.clip(mean + self.zero, self.low, self.high)
        return (np.asarray(y.astype(ELEMENT[name_of(x)])),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return self._plain().geometry(inputs, outputs)

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return self._plain().cost(inputs, outputs) + Cost(comparisons=2 * outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        plain = [s for s in Pool.samples() if isinstance(s.op, Pool) and s.op.kind == "average"]
        for dtype in ("s8", "u8", "s16"):
            low, high = RANGE[dtype]
            for seed, sample in enumerate(plain):
                op, (shape,) = sample.op, sample.inputs
                assert isinstance(op, Pool)
                assert isinstance(shape, tuple)
                zero = (0, -9, 100)[seed % 3] + (dtype == "u8") * 20 if dtype != "s16" else 0
                mine = cls(op.kernel, op.stride, op.padding, op.ceil, op.count_padding, zero, low, high)
                found.append(Sample(mine, (drawn(shape, dtype, seed),)))
        return found
