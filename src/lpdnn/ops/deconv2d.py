"""Two-dimensional deconvolution, also called transposed convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._windows import LIMIT, Padding, Pair, span
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Deconv2d(Operator):
    """Deconvolution: each x [N,C,H,W] adds its multiple of weight [C,M/groups,KH,KW] to y, strided; bias [M].

    `padding` is cropped from the result, then `output_padding` rows and columns are added below and right:
    first those that the crop took away, then such as no x reaches.
    """

    NAME: ClassVar[str] = "deconv2d"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "bias?")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"output_padding"})

    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    output_padding: Pair = (0, 0)
    activation: ActivationFunction = IDENTITY

    def infer(
        self, x: TensorType, weight: TensorType, bias: TensorType | None = None
    ) -> tuple[TensorType, ...]:
        if x.rank != 4 or weight.rank != 4:
            message = f"deconvolution needs a 4-D input and weight, not {x} and {weight}"
            raise LpdnnError(message)
        channels, group, *kernel = weight.shape
        if self.groups < 1 or x.shape[1] != channels or channels % self.groups:
            message = f"weight {weight} does not fit input {x} in {self.groups} groups"
            raise LpdnnError(message)
        filters = group * self.groups
        if bias is not None and bias.shape != (filters,):
            message = f"bias {bias} does not fit {filters} filters"
            raise LpdnnError(message)
        height, width = (self._extent(x.shape[2 + axis], kernel[axis], axis) for axis in (0, 1))
        return (x.reshaped(x.shape[0], filters, height, width),)

    def _extent(self, size: int, kernel: int, axis: int) -> int:
        name = ("height", "width")[axis]
        before, after, more = self.padding[axis], self.padding[axis + 2], self.output_padding[axis]
        stride, dilation = self.stride[axis], self.dilation[axis]
        covered = span(size, kernel, stride=stride, dilation=dilation, before=before, after=after, axis=name)
        if not 0 <= more < max(stride, dilation):
            message = f"{name}: output padding {more} must be less than {max(stride, dilation)}, not negative"
            raise LpdnnError(message)
        whole = (size - 1) * stride + covered
        if not before + after < whole + more <= LIMIT:
            message = (
                f"{name}: {whole} less padding {before}+{after}, with {more} added, is nothing or too much"
            )
            raise LpdnnError(message)
        return whole + more - before - after

    def sums(self, x: Array, weight: Array) -> Array:
        """Return the sums of products, in float64, without bias."""
        channels, group, kernel_h, kernel_w = weight.shape
        (y,) = self.infer(TensorType(x.shape), TensorType(weight.shape), None)
        batch, filters, height, width = y.shape
        top, left, bottom, right = self.padding
        whole = np.zeros((batch, filters, top + height + bottom, left + width + right))
        rows = (x.shape[2] - 1) * self.stride[0] + 1
        columns = (x.shape[3] - 1) * self.stride[1] + 1
        depth = channels // self.groups
        for g in range(self.groups):
            # [N,C/g,H,W] . [C/g,M/g,KH,KW] -> [N,H,W,M/g,KH,KW]
            part = slice(g * depth, (g + 1) * depth)
            taps = np.tensordot(x[:, part].astype(np.float64), weight[part].astype(np.float64), ((1,), (0,)))
            for kh, kw in np.ndindex(kernel_h, kernel_w):
                h, w = kh * self.dilation[0], kw * self.dilation[1]
                whole[
                    :,
                    g * group : (g + 1) * group,
                    h : h + rows : self.stride[0],
                    w : w + columns : self.stride[1],
                ] += np.moveaxis(taps[..., kh, kw], 3, 1)
        return whole[:, :, top : top + height, left : left + width]

    def reference(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, ...]:
        out = self.sums(x, weight)
        if bias is not None:
            out = out + bias.astype(np.float64)[:, None, None]
        return (self.activation(out).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, weight = inputs[0], inputs[1]
        assert x is not None
        assert weight is not None
        batch, channels, height, width = x.shape
        return {
            "batch": batch,
            "channels": channels,
            "height": height,
            "width": width,
            "filters": outputs[0].shape[1],
            "kernel_h": weight.shape[2],
            "kernel_w": weight.shape[3],
            "out_height": outputs[0].shape[2],
            "out_width": outputs[0].shape[3],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        x, weight = inputs[0], inputs[1]
        assert x is not None
        assert weight is not None
        macs = x.count * weight.count // weight.shape[0]
        return Cost(multiplications=macs, additions=macs) + self.activation.cost(outputs[0].count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        relu = ActivationFunction("relu")
        return [
            Sample(cls(stride=(2, 2), padding=(1, 1, 1, 1)), ((1, 3, 5, 4), (3, 4, 4, 4), (4,))),
            Sample(cls(stride=(2, 3), padding=(0, 1, 0, 1), groups=3), ((2, 6, 5, 7), (6, 2, 4, 5), (6,))),
            Sample(cls(stride=(2, 2), padding=(1, 1, 1, 1), groups=5), ((1, 5, 6, 3), (5, 1, 4, 4), None)),
            Sample(cls(dilation=(2, 3), padding=(1, 2, 3, 0)), ((1, 2, 4, 5), (2, 3, 3, 2), (3,))),
            Sample(cls(activation=relu), ((2, 16, 3, 3), (16, 8, 1, 1), (8,))),
            Sample(cls(stride=(3, 4)), ((1, 2, 3, 2), (2, 2, 2, 1), (2,))),
            Sample(
                cls(stride=(2, 2), padding=(2, 2, 1, 1), output_padding=(1, 0)),
                ((1, 2, 4, 4), (2, 3, 3, 3), (3,)),
            ),
            Sample(cls(stride=(3, 3), output_padding=(2, 1)), ((1, 2, 2, 3), (2, 1, 2, 2), (1,))),
            Sample(cls(padding=(2, 2, 2, 2)), ((1, 3, 3, 3), (3, 2, 3, 3), None)),
        ]
