"""Deconvolution of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, Operator, Rounding, Sample, TensorType, Types
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
from lpdnn.ops.deconv2d import Deconv2d

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QDeconv2d(Operator):
    """Deconvolution of integers: y = y_zero + (sum (x - x_zero) * weight + bias) * multiplier * 2^(shift - 31).

    Windows are those of deconv2d, types and sums those of qconv2d; weight is [C,M/groups,KH,KW].
    """

    NAME: ClassVar[str] = "qdeconv2d"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "multiplier", "shift", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"weight", "multiplier", "shift", "bias"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"output_padding"})
    TOLERANCE: ClassVar[float] = 0.0

    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    output_padding: Pair = (0, 0)
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    def _plain(self) -> Deconv2d:
        return Deconv2d(self.stride, self.padding, self.dilation, self.groups, self.output_padding)

    def infer(
        self,
        x: TensorType,
        weight: TensorType,
        multiplier: TensorType,
        shift: TensorType,
        bias: TensorType | None = None,
    ) -> tuple[TensorType, ...]:
        (y,) = self._plain().infer(x, weight, bias)
        weights(x, weight, weight.count // weight.shape[1] // self.groups, self.rounding)
        factors(multiplier, shift, y.shape[1])
        zero_point(x.dtype, self.x_zero)
        bounds(y.dtype, self.y_zero, self.low, self.high)
        bias_type(bias)
        return (y,)

    def reference(
        self, x: Array, weight: Array, multiplier: Array, shift: Array, bias: Array | None = None
    ) -> tuple[Array, ...]:
        acc = self._plain().sums(x.astype(np.float64) - self.x_zero, weight)
        if bias is not None:
            acc = acc + bias[:, None, None]
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
        plain = self._plain().cost(inputs, outputs)
        return plain + Cost(multiplications=count, additions=count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for seed, plain in enumerate(Deconv2d.samples()):
            one, (x, w, bias) = plain.op, plain.inputs
            assert isinstance(one, Deconv2d)
            assert isinstance(x, tuple)
            assert isinstance(w, tuple)
            windows = (one.stride, one.padding, one.dilation, one.groups, one.output_padding)
            filters = w[1] * one.groups
            for dtype, kind in (("s8", "s8"), ("u8", "s8"), ("s16", "s16"), ("s16", "s8")):
                low, high = RANGE[dtype]
                zeros = (0, 0) if dtype == "s16" else (seed + 3, 2 * seed)
                op = cls(*windows, *zeros, low, high, "double" if dtype == "s8" and seed % 2 else "single")
                found.append(weighted(op, dtype, kind, x, w, seed, bias=bias is not None, filters=filters))
        return found
