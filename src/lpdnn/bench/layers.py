"""Layers of well-known networks, batch 1: what kernels are timed on."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, TensorType
from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.qconv2d import QConv2d

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, Types

RELU = ActivationFunction("relu")


@dataclass(frozen=True)
class Layer:
    """An operator and the shapes of its inputs."""

    name: str
    op: Operator
    inputs: tuple[tuple[int, ...] | None, ...]
    dtypes: tuple[str, ...] = ()

    @property
    def types(self) -> Types:
        """The inputs' types, real numbers where nothing else is said."""
        dtypes = self.dtypes or ("f32",) * len(self.inputs)
        return tuple(
            None if s is None else TensorType(s, d) for s, d in zip(self.inputs, dtypes, strict=True)
        )

    def constants(self) -> tuple[Array | None, ...]:
        """Return seeded random parameters; integers of the size that fills 8 bits with results."""
        rng = np.random.default_rng(0)

        def drawn(position: int, tensor: TensorType | None) -> Array | None:
            name = self.op.input_name(position)
            if tensor is None or name not in self.op.PARAMETERS:
                return None
            if tensor.dtype == "f32":
                return rng.standard_normal(tensor.shape).astype(np.float32)
            if name == "shift":
                (weight,) = (s for i, s in enumerate(self.inputs) if self.op.input_name(i) == "weight")
                assert weight is not None
                spread = 74 * 74 * prod(weight[1:]) ** 0.5  # of sums of products, each spread by 74
                return np.full(tensor.shape, np.frexp(48 / spread)[1], np.int32)
            low, high = {"weight": (-128, 128), "multiplier": (2**30, 2**31)}.get(name, (-1000, 1000))
            return rng.integers(low, high, tensor.shape).astype(ELEMENT[tensor.dtype])

        return tuple(drawn(i, tensor) for i, tensor in enumerate(self.types))


def conv(channels: int, filters: int, size: int, kernel: int, stride: int = 1, groups: int = 1) -> Layer:
    """Return a square convolution with padding that keeps the map's size at stride 1."""
    pad = kernel // 2
    kind = "dw" if groups == channels else "conv"
    return Layer(
        f"{kind} {kernel}x{kernel}/{stride} {channels}x{size}x{size} -> {filters}",
        Conv2d((stride, stride), (pad, pad, pad, pad), groups=groups, activation=RELU),
        ((1, channels, size, size), (filters, channels // groups, kernel, kernel), (filters,)),
    )


def int8(layer: Layer) -> Layer:
    """Return a convolution with integers of 8 bits instead."""
    op, (x, weight, bias) = layer.op, layer.inputs
    assert isinstance(op, Conv2d)
    integers = QConv2d(op.stride, op.padding, op.dilation, op.groups)
    return Layer(layer.name, integers, (x, weight, bias, bias, bias), ("s8", "s8", "s32", "s32", "s32"))


def fc(inputs: int, outputs: int) -> Layer:
    """Return a fully connected layer."""
    shapes = ((1, inputs), (outputs, inputs), (outputs,))
    return Layer(f"fc {inputs} -> {outputs}", FullyConnected(activation=RELU), shapes)


FLOATS = {
    "mobilenet": [
        conv(3, 32, 224, 3, 2),
        *(
            conv(c, m, size, 1)
            for c, m, size in (
                (32, 64, 112),
                (64, 128, 56),
                (128, 128, 56),
                (128, 256, 28),
                (256, 256, 28),
                (256, 512, 14),
                (512, 512, 14),
                (512, 1024, 7),
                (1024, 1024, 7),
            )
        ),
    ],
    "depthwise": [
        conv(c, c, size, 3, stride, groups=c)
        for c, size, stride in (
            (32, 112, 1),
            (64, 112, 2),
            (128, 56, 1),
            (128, 56, 2),
            (256, 28, 1),
            (256, 28, 2),
            (512, 14, 1),
            (512, 14, 2),
            (1024, 7, 1),
        )
    ]
    + [conv(240, 240, 14, 5, 1, groups=240)],
    "resnet": [
        conv(3, 64, 224, 7, 2),
        *(conv(c, c, size, 3) for c, size in ((64, 56), (128, 28), (256, 14), (512, 7))),
        conv(128, 128, 56, 3, 2),
        conv(64, 256, 56, 1),
        conv(256, 64, 56, 1),
        conv(256, 512, 56, 1, 2),
        conv(512, 128, 28, 1),
        conv(256, 1024, 14, 1),
        conv(1024, 256, 14, 1),
        conv(512, 2048, 7, 1),
        conv(2048, 512, 7, 1),
    ],
    "squeezenet": [
        conv(3, 64, 227, 3, 2),
        conv(64, 16, 56, 1),
        conv(16, 64, 56, 1),
        conv(16, 64, 56, 3),
        conv(32, 128, 28, 3),
        conv(48, 192, 14, 3),
        conv(64, 256, 14, 3),
        conv(512, 1000, 14, 1),
    ],
    "vgg": [
        conv(3, 64, 224, 3),
        conv(64, 64, 224, 3),
        conv(128, 128, 112, 3),
        conv(256, 256, 56, 3),
        conv(512, 512, 28, 3),
        conv(512, 512, 14, 3),
    ],
    "streams": [
        fc(1024, 1000),
        fc(9216, 4096),
        fc(4096, 4096),
        fc(512, 10),
        Layer("pool 3x3/2 64x112x112", Pool("max", (3, 3), (2, 2), ceil=True), ((1, 64, 112, 112),)),
        Layer("pool 7x7 1024x7x7", Pool("average", (7, 7)), ((1, 1024, 7, 7),)),
        Layer("lrn 96x55x55", Lrn("across_channels", 5, 1e-4), ((1, 96, 55, 55),)),
    ],
}
INT8 = {
    "int8-mobilenetv2": [
        conv(3, 32, 224, 3, 2),
        *(
            conv(c, m, size, 1)
            for c, m, size in (
                (32, 16, 112),
                (16, 96, 112),
                (96, 24, 56),
                (24, 144, 56),
                (144, 24, 56),
                (144, 32, 28),
                (32, 192, 28),
                (64, 384, 14),
                (384, 64, 14),
                (96, 576, 14),
                (576, 96, 14),
                (160, 960, 7),
                (960, 160, 7),
                (320, 1280, 7),
            )
        ),
    ],
    "int8-depthwise": [
        conv(c, c, size, kernel, stride, groups=c)
        for c, size, kernel, stride in (
            (32, 112, 3, 1),
            (96, 112, 3, 2),
            (144, 56, 3, 1),
            (144, 56, 3, 2),
            (192, 28, 3, 1),
            (384, 14, 3, 1),
            (576, 14, 3, 2),
            (960, 7, 3, 1),
            (240, 14, 5, 1),
        )
    ],
    "int8-resnet": FLOATS["resnet"],
}
LAYERS = FLOATS | {name: [int8(layer) for layer in layers] for name, layers in INT8.items()}
