"""Three-dimensional convolution."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._windows import extent
from lpdnn.ops.activation import IDENTITY, ActivationFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Conv3d(Operator):
    """Convolution of x [N,C,D,H,W] with weight [M,C/groups,KD,KH,KW] and bias [M]."""

    NAME: ClassVar[str] = "conv3d"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "weight", "bias?")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"after"})

    stride: Triple = (1, 1, 1)
    before: Triple = (0, 0, 0)
    after: Triple = (0, 0, 0)
    dilation: Triple = (1, 1, 1)
    groups: int = 1
    activation: ActivationFunction = IDENTITY

    def infer(
        self, x: TensorType, weight: TensorType, bias: TensorType | None = None
    ) -> tuple[TensorType, ...]:
        if x.rank != 5 or weight.rank != 5:
            message = f"3-D convolution needs a 5-D input and weight, not {x} and {weight}"
            raise LpdnnError(message)
        filters, depth = weight.shape[:2]
        if self.groups < 1 or x.shape[1] != depth * self.groups or filters % self.groups:
            message = f"weight {weight} does not fit input {x} in {self.groups} groups"
            raise LpdnnError(message)
        if bias is not None and bias.shape != (filters,):
            message = f"bias {bias} does not fit {filters} filters"
            raise LpdnnError(message)
        sizes = [
            extent(
                x.shape[2 + i],
                weight.shape[2 + i],
                self.stride[i],
                self.dilation[i],
                self.before[i],
                self.after[i],
                ("depth", "height", "width")[i],
            )
            for i in range(3)
        ]
        return (x.reshaped(x.shape[0], filters, *sizes),)

    def reference(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(x.shape), TensorType(weight.shape))
        border = [(0, 0), (0, 0), *zip(self.before, self.after, strict=True)]
        wide = np.pad(x.astype(np.float64), border)
        batch, filters, *sizes = y.shape
        out = np.zeros((batch, self.groups, filters // self.groups, *sizes))
        parts = wide.reshape(batch, self.groups, -1, *wide.shape[2:])
        filters_of = weight.astype(np.float64).reshape(self.groups, -1, *weight.shape[1:])
        for tap in itertools.product(*(range(size) for size in weight.shape[2:])):
            first = [k * d for k, d in zip(tap, self.dilation, strict=True)]
            box = tuple(
                slice(f, f + (n - 1) * s + 1, s) for f, n, s in zip(first, sizes, self.stride, strict=True)
            )
            at: Any = (..., *box)
            of: Any = (..., *tap)
            some: Array = parts[at]
            weights: Array = filters_of[of]
            out += np.einsum("ngcdhw,gmc->ngmdhw", some, weights)
        total = out.reshape(y.shape)
        if bias is not None:
            total = total + bias.astype(np.float64)[:, None, None, None]
        return (self.activation(total).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, weight = inputs[0], inputs[1]
        assert x is not None
        assert weight is not None
        return {
            "batch": x.shape[0],
            "channels": x.shape[1],
            "filters": weight.shape[0],
            "sizes": x.shape[2:],
            "kernel": weight.shape[2:],
            "out_sizes": outputs[0].shape[2:],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        weight = inputs[1]
        assert weight is not None
        count = outputs[0].count
        macs = count * weight.count // weight.shape[0]
        bias = count if len(inputs) > 2 and inputs[2] is not None else 0
        return Cost(multiplications=macs, additions=macs - count + bias) + self.activation.cost(count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(before=(1, 1, 1), after=(1, 1, 1)), ((1, 2, 4, 5, 6), (3, 2, 3, 3, 3), (3,))),
            Sample(
                cls((2, 1, 2), (0, 1, 0), (1, 0, 2), (1, 2, 1), 2, ActivationFunction("relu")),
                ((2, 4, 5, 6, 5), (6, 2, 2, 2, 3), None),
            ),
        ]
