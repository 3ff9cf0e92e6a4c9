"""Two-dimensional convolution in single precision, each sum in one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the spec struct is made of these hints
from lpdnn.ops.conv2d import Conv2d

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Conv2dOrdered(Operator):
    """The convolution of `conv2d`, bit by bit: products are added one by one, rows first, then columns and channels.

    Each product and each sum is rounded to fp32, and the bias is added last: the order of TensorFlow Lite's
    reference kernels, for networks that round what comes out to integers of 8 bits.
    """

    NAME: ClassVar[str] = "conv2d_ordered"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"weight", "bias"})
    TOLERANCE: ClassVar[float] = 0.0

    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def _plain(self) -> Conv2d:
        return Conv2d(self.stride, self.padding, self.dilation, self.groups)

    def infer(
        self, x: TensorType, weight: TensorType, bias: TensorType | None = None
    ) -> tuple[TensorType, ...]:
        return self._plain().infer(x, weight, bias)

    def reference(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(x.shape), TensorType(weight.shape))
        filters, depth, kernel_h, kernel_w = weight.shape
        top, left, bottom, right = self.padding
        padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
        _, _, height, width = y.shape
        total = np.zeros(y.shape, np.float32)
        first = np.arange(filters) // (filters // self.groups) * depth  # of each filter's channels
        for i in range(kernel_h):
            rows = i * self.dilation[0] + self.stride[0] * np.arange(height)
            for j in range(kernel_w):
                columns = j * self.dilation[1] + self.stride[1] * np.arange(width)
                part = padded[:, :, rows[:, None], columns]
                for c in range(depth):
                    total += part[:, first + c] * weight[:, c, i, j][:, None, None]
        return (total if bias is None else total + bias[:, None, None],)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return self._plain().geometry(inputs, outputs)

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return self._plain().cost(inputs, outputs)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for sample in Conv2d.samples():
            one = sample.op
            assert isinstance(one, Conv2d)
            found.append(Sample(cls(one.stride, one.padding, one.dilation, one.groups), sample.inputs[:3]))
        return found
