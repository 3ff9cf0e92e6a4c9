"""Mean of windows of integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ir.types import RANGE
from lpdnn.ops._integers import activations, bounds, drawn, factor, name_of, result, zero_point
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the spec struct is made of these hints
from lpdnn.ops.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence


def room(dtype: str, kernel: Pair) -> int:
    """Return by how many bits the sum of a window can be shifted left within 31; negative where it is too large."""
    largest = (2**15 if dtype == "s16" else 2**8) * kernel[0] * kernel[1]
    return 30 - largest.bit_length()


@dataclass(frozen=True)
class QPool(Operator):
    """Mean of each window of x [N,C,H,W]: y_zero + m * multiplier * 2^(shift - 31), within [low, high].

    m is the whole number nearest to mean(x - x_zero) * 2^left, ties away from zero. By default m is the
    result. Windows are those of an average `pool`, and padding is x_zero.
    """

    NAME: ClassVar[str] = "qpool"
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"ceil"})
    TOLERANCE: ClassVar[float] = 0.0

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    ceil: bool = False
    count_padding: bool = True
    x_zero: int = 0
    y_zero: int = 0
    left: int = 0
    multiplier: int = 2**30
    shift: int = 1
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def _plain(self) -> Pool:
        return Pool("average", self.kernel, self.stride, self.padding, self.ceil, self.count_padding)

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        activations(x)
        zero_point(x.dtype, self.x_zero)
        bounds(x.dtype, self.y_zero, self.low, self.high)
        factor(self.multiplier, self.shift)
        if not 0 <= self.left <= room(x.dtype, self.kernel):
            message = (
                f"the sum of a window {self.kernel} of {x} shifted left by {self.left} may not fit 32 bits"
            )
            raise LpdnnError(message)
        (y,) = self._plain().infer(replace(x, dtype="f32"))
        return (replace(y, dtype=x.dtype),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        total, count = self._plain().sums(x.astype(np.float64) - self.x_zero)
        size = np.abs(total.astype(np.int64)) << self.left
        counts = count.astype(np.int64)
        return (
            result(
                np.sign(total).astype(np.int64) * ((size + counts // 2) // counts),
                self.multiplier,
                self.shift,
                dtype=name_of(x),
                zero=self.y_zero,
                low=self.low,
                high=self.high,
                rounding=self.rounding,
            ),
        )

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
                windows = (op.kernel, op.stride, op.padding, op.ceil, op.count_padding)
                mine = cls(*windows, x_zero=zero, y_zero=zero, low=low, high=high)
                left = min(room(dtype, op.kernel), 8)
                end = cls(*windows, zero, zero // 2, left, 1717986918, 1 - left, low, high)
                found += [Sample(one, (drawn(shape, dtype, seed),)) for one in (mine, end) if left >= 0]
        return found
