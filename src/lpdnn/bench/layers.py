"""Layers of well-known networks, batch 1: what kernels are timed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool

if TYPE_CHECKING:
    from lpdnn.ir import Operator

RELU = ActivationFunction("relu")


@dataclass(frozen=True)
class Layer:
    """An operator and the shapes of its inputs."""

    name: str
    op: Operator
    inputs: tuple[tuple[int, ...] | None, ...]


def conv(channels: int, filters: int, size: int, kernel: int, stride: int = 1, groups: int = 1) -> Layer:
    """Return a square convolution with padding that keeps the map's size at stride 1."""
    pad = kernel // 2
    kind = "dw" if groups == channels else "conv"
    return Layer(
        f"{kind} {kernel}x{kernel}/{stride} {channels}x{size}x{size} -> {filters}",
        Conv2d((stride, stride), (pad, pad, pad, pad), groups=groups, activation=RELU),
        ((1, channels, size, size), (filters, channels // groups, kernel, kernel), (filters,)),
    )


def fc(inputs: int, outputs: int) -> Layer:
    """Return a fully connected layer."""
    shapes = ((1, inputs), (outputs, inputs), (outputs,))
    return Layer(f"fc {inputs} -> {outputs}", FullyConnected(activation=RELU), shapes)


LAYERS = {
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
