"""Two-dimensional convolution of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ops._convolve import convolve
from lpdnn.ops._integers import (
    accumulated,
    bias_type,
    bounds,
    factors,
    name_of,
    result,
    weighted,
    weights,
    zero_point,
)
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the spec struct is made of these hints
from lpdnn.ops.conv2d import Conv2d

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QConv2d(Operator):
    """Convolution of integers: y = y_zero + (sum (x - x_zero) * weight + bias) * multiplier * 2^(shift - 31).

    x [N,C,H,W] is s8, u8 or s16, and y too, within [low, high]; weight [M,C/groups,KH,KW] is s8, with s16
    also s16; bias [M], multiplier and shift [M] or [1] are s32. Around x is x_zero. Sums are modulo 2^32, of
    s16 exact. For `rounding` see lpdnn.ir.fixed.
    """

    NAME: ClassVar[str] = "qconv2d"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "multiplier", "shift", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset(INPUTS[1:4]) | {"bias"}
    TOLERANCE: ClassVar[float] = 0.0

    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def infer(
        self,
        x: TensorType,
        weight: TensorType,
        multiplier: TensorType,
        shift: TensorType,
        bias: TensorType | None = None,
    ) -> tuple[TensorType, ...]:
        (y,) = self._plain().infer(x, weight, bias)
        weights(x, weight, weight.count // weight.shape[0], self.rounding)
        factors(multiplier, shift, weight.shape[0])
        zero_point(x.dtype, self.x_zero)
        bounds(y.dtype, self.y_zero, self.low, self.high)
        bias_type(bias)
        return (y,)

    def _plain(self) -> Conv2d:
        return Conv2d(self.stride, self.padding, self.dilation, self.groups)

    def reference(
        self, x: Array, weight: Array, multiplier: Array, shift: Array, bias: Array | None = None
    ) -> tuple[Array, ...]:
        (y,) = self._plain().infer(TensorType(x.shape), TensorType(weight.shape))
        acc = convolve(
            x.astype(np.float64) - self.x_zero,
            weight,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            out=(y.shape[2], y.shape[3]),
        )
        if bias is not None:
            acc += bias[:, None, None]
        return (
            result(
                accumulated(x, acc),
                multiplier[:, None, None],
                shift[:, None, None],
                dtype=name_of(x),
                zero=self.y_zero,
                low=self.low,
                high=self.high,
                rounding=self.rounding,
            ),
        )

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        multiplier = inputs[2]
        assert multiplier is not None
        return {**self._plain().geometry(inputs, outputs), "factors": multiplier.count}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        plain = self._plain().cost((inputs[0], inputs[1], inputs[4]), outputs)
        return plain + Cost(multiplications=count, additions=count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        cases: list[tuple[QConv2d, tuple[int, ...], tuple[int, ...]]] = [
            (cls(padding=(1, 1, 1, 1)), (1, 3, 9, 8), (5, 3, 3, 3)),
            (cls(x_zero=-7, y_zero=5, low=5), (1, 16, 7, 7), (24, 16, 1, 1)),
            (cls((2, 2), (1, 1, 1, 1), groups=6, x_zero=-128), (1, 6, 11, 10), (6, 1, 3, 3)),
            (cls((2, 3), (0, 2, 1, 3), groups=2, x_zero=11), (2, 4, 9, 13), (6, 2, 4, 5)),
            (cls((1, 1), (2, 3, 2, 3), (2, 3), y_zero=-128, rounding="double"), (1, 2, 8, 9), (3, 2, 3, 3)),
            (cls((2, 2), (0, 0, 1, 1), x_zero=4, rounding="double"), (1, 8, 70, 9), (7, 8, 2, 1)),
            (cls((1, 1), (1, 1, 1, 1), x_zero=4, y_zero=7, rounding="float"), (1, 8, 9, 9), (40, 8, 3, 3)),
            (cls((1, 1), (1, 1, 1, 1), groups=40, y_zero=7, rounding="float"), (1, 40, 9, 9), (40, 1, 3, 3)),
            (cls(low=-8, high=7), (1, 5, 1, 150), (4, 5, 1, 1)),
        ]
        for seed, (op, x, w) in enumerate(cases):
            found.append(weighted(op, "s8", "s8", x, w, seed, bias=seed != 3))
            if op.rounding != "float":
                windows, limits = (op.stride, op.padding, op.dilation, op.groups), (-(2**15), 2**15 - 1)
                wide = cls(*windows, 0, 0, *limits, op.rounding)
                found += [weighted(wide, "s16", kind, x, w, seed) for kind in ("s16", "s8")]
        odd = cls((1, 2), (1, 0, 1, 2), x_zero=130, y_zero=120, low=0, high=255)
        found.append(weighted(odd, "u8", "s8", (1, 4, 6, 7), (3, 4, 3, 3), 9))
        deep = cls((1, 1), (2, 2, 2, 2), groups=70, x_zero=100, y_zero=10, low=0, high=255)
        found.append(weighted(deep, "u8", "s8", (1, 70, 9, 11), (70, 1, 5, 5), 10))
        return found
