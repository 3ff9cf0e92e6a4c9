"""Two-dimensional convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._convolve import convolve
from lpdnn.ops._windows import Padding, Pair, extent
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Conv2d(Operator):
    """Convolution of x [N,C,H,W] with weight [M,C/groups,KH,KW] and bias [M]; groups == C is depthwise.

    What layers after it may have melted into its store comes in this order: below zero a slope [M]; a sum
    with an addend of the result's shape; the activation.
    """

    NAME: ClassVar[str] = "conv2d"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "bias?", "slope?", "addend?")
    EXTRA: ClassVar[frozenset[str]] = frozenset({"slope", "addend"})

    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    activation: ActivationFunction = IDENTITY

    def infer(
        self,
        x: TensorType,
        weight: TensorType,
        bias: TensorType | None = None,
        slope: TensorType | None = None,
        addend: TensorType | None = None,
    ) -> tuple[TensorType, ...]:
        if x.rank != 4 or weight.rank != 4:
            message = f"convolution needs a 4-D input and weight, not {x} and {weight}"
            raise LpdnnError(message)
        filters, depth, kernel_h, kernel_w = weight.shape
        if self.groups < 1 or x.shape[1] != depth * self.groups or filters % self.groups:
            message = f"weight {weight} does not fit input {x} in {self.groups} groups"
            raise LpdnnError(message)
        if bias is not None and bias.shape != (filters,):
            message = f"bias {bias} does not fit {filters} filters"
            raise LpdnnError(message)
        if slope is not None and slope.shape != (filters,):
            message = f"slope {slope} does not fit {filters} filters"
            raise LpdnnError(message)
        top, left, bottom, right = self.padding
        height = extent(x.shape[2], kernel_h, self.stride[0], self.dilation[0], top, bottom, "height")
        width = extent(x.shape[3], kernel_w, self.stride[1], self.dilation[1], left, right, "width")
        y = x.reshaped(x.shape[0], filters, height, width)
        if addend is not None and (addend.shape, addend.dtype) != (y.shape, y.dtype):
            message = f"addend {addend} is not like the result, which is {y}"
            raise LpdnnError(message)
        return (y,)

    def reference(
        self,
        x: Array,
        weight: Array,
        bias: Array | None = None,
        slope: Array | None = None,
        addend: Array | None = None,
    ) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(x.shape), TensorType(weight.shape), None)
        out = convolve(
            x,
            weight,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            out=(y.shape[2], y.shape[3]),
        )
        if bias is not None:
            out += bias.astype(np.float64)[:, None, None]
        if slope is not None:
            out = np.where(out > 0, out, slope.astype(np.float64)[:, None, None] * out)
        if addend is not None:
            out += addend
        return (self.activation(out).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, weight = inputs[0], inputs[1]
        assert x is not None
        assert weight is not None
        batch, channels, height, width = x.shape
        filters, _, kernel_h, kernel_w = weight.shape
        return {
            "batch": batch,
            "channels": channels,
            "height": height,
            "width": width,
            "filters": filters,
            "kernel_h": kernel_h,
            "kernel_w": kernel_w,
            "out_height": outputs[0].shape[2],
            "out_width": outputs[0].shape[3],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        weight = inputs[1]
        assert weight is not None
        count = outputs[0].count
        macs = count * weight.count // weight.shape[0]
        bias, slope, addend = (count if len(inputs) > i and inputs[i] is not None else 0 for i in (2, 3, 4))
        products = Cost(
            multiplications=macs + slope, additions=macs - count + bias + addend, comparisons=slope
        )
        return products + self.activation.cost(count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        relu = ActivationFunction("relu")
        return [
            Sample(cls(padding=(1, 1, 1, 1)), ((1, 3, 9, 8), (5, 3, 3, 3), (5,))),
            Sample(cls(activation=relu), ((1, 16, 7, 7), (24, 16, 1, 1), (24,))),
            Sample(cls(stride=(2, 2), padding=(1, 1, 1, 1), groups=6), ((1, 6, 11, 10), (6, 1, 3, 3), (6,))),
            Sample(cls(stride=(2, 3), padding=(0, 2, 1, 3), groups=2), ((2, 4, 9, 13), (6, 2, 4, 5), None)),
            Sample(cls(dilation=(2, 3), padding=(2, 3, 2, 3)), ((1, 2, 8, 9), (3, 2, 3, 3), (3,))),
            Sample(cls(stride=(4, 4)), ((1, 3, 23, 23), (8, 3, 11, 11), (8,))),
            Sample(cls(stride=(2, 2), padding=(1, 1, 1, 1)), ((1, 2, 3, 3), (3, 2, 1, 1), None)),
            Sample(cls(stride=(3, 3)), ((1, 2, 1, 1), (3, 2, 1, 1), None)),
            Sample(cls(padding=(1, 1, 1, 1), groups=4), ((1, 4, 5, 5), (8, 1, 3, 3), (8,))),
            Sample(cls(padding=(2, 2, 2, 2), activation=relu), ((1, 3, 7, 8), (5, 3, 5, 5), (5,))),
            Sample(cls(padding=(1, 1, 1, 1)), ((1, 3, 14, 13), (17, 3, 3, 3), (17,))),
            Sample(cls(padding=(1, 1, 1, 1)), ((1, 3, 7, 8), (17, 3, 3, 3), None)),
            Sample(
                cls(padding=(1, 1, 1, 1), activation=relu),
                ((1, 3, 9, 8), (18, 3, 3, 3), (18,), None, (1, 18, 9, 8)),
            ),
            Sample(cls(), ((2, 5, 6, 7), (37, 5, 1, 1), None, (37,), (2, 37, 6, 7))),
            Sample(cls(padding=(1, 1, 1, 1)), ((1, 4, 13, 13), (16, 4, 3, 3), (16,), (16,))),
            Sample(
                cls(stride=(2, 2), padding=(1, 1, 1, 1), groups=2),
                ((1, 6, 11, 10), (34, 3, 3, 3), (34,), (34,), (1, 34, 6, 5)),
            ),
            Sample(cls(padding=(2, 2, 2, 2)), ((2, 3, 7, 8), (16, 3, 5, 5), (16,), (16,), (2, 16, 7, 8))),
            Sample(
                cls(stride=(2, 2), padding=(1, 1, 1, 1)),
                ((1, 3, 15, 16), (18, 3, 3, 3), (18,), (18,), (1, 18, 8, 8)),
            ),
            Sample(cls(stride=(2, 2), padding=(1, 0, 1, 1)), ((1, 2, 31, 28), (17, 2, 3, 3), None)),
            Sample(cls(stride=(2, 2), padding=(3, 3, 3, 3)), ((1, 3, 13, 9), (18, 3, 7, 7), (18,))),
        ]
