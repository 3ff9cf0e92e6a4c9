"""Small builders of networks in the shapes of well-known ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.normalize import Normalize
from lpdnn.ops.permute import Permute
from lpdnn.ops.pool import Pool
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.slice import Slice
from lpdnn.ops.softmax import Softmax
from lpdnn.planning import Plan, plan
from lpdnn.primitives import Plugin, Primitive, discover

if TYPE_CHECKING:
    from lpdnn.ir import Operator

_VANILLA = {
    (primitive.op, primitive.layout, primitive.out_layout): (plugin, primitive)
    for plugin in discover()
    if plugin.name == "cpu_vanilla"
    for primitive in plugin.primitives
}
RELU = ActivationFunction("relu")


class Net:
    """A graph being built; layers return the name of their output."""

    def __init__(self, name: str = "net") -> None:
        self.graph = GraphBuilder(name)

    def input(self, *shape: int, name: str = "data") -> str:
        return self.graph.input(name, TensorType(shape))

    def constant(self, name: str, array: np.ndarray) -> str:
        return self.graph.constant(name, array)

    def apply(self, op: Operator, *inputs: str | None, name: str = "") -> str:
        return self.graph.apply(op, *inputs, name=name or f"{op.NAME}{len(self.graph.nodes)}")

    def shape(self, value: str) -> tuple[int, ...]:
        return self.graph.types[value].shape

    def conv(self, x: str, filters: int, kernel: int = 1, stride: int = 1, *, groups: int = 1) -> str:
        name = f"conv{len(self.graph.nodes)}"
        weights = np.zeros((filters, self.shape(x)[1] // groups, kernel, kernel), np.float32)
        weights.flat[0] = len(self.graph.nodes)
        weight = self.constant(f"{name}.weight", weights)
        pad = kernel // 2
        op = Conv2d(stride=(stride, stride), padding=(pad, pad, pad, pad), groups=groups, activation=RELU)
        return self.apply(op, x, weight, name=name)

    def pool(self, x: str, kernel: int = 3, stride: int = 2, pad: int = 0) -> str:
        op = Pool("max", (kernel, kernel), (stride, stride), (pad, pad, pad, pad), ceil=stride > 1)
        return self.apply(op, x)

    def relu(self, x: str) -> str:
        return self.apply(Activation(RELU), x)

    def add(self, *x: str) -> str:
        return self.apply(Eltwise(), *x)

    def concat(self, *x: str, axis: int = 1) -> str:
        return self.apply(Concat(axis), *x)

    def reshape(self, x: str, *shape: int) -> str:
        return self.apply(Reshape(shape), x)

    def channels(self, x: str, begin: int, count: int) -> str:
        batch, _, height, width = self.shape(x)
        return self.apply(Slice((0, begin, 0, 0), (batch, count, height, width)), x)

    def finish(self, *outputs: str) -> Graph:
        return self.graph.finish(outputs)


def vanilla(graph: Graph) -> dict[str, tuple[Plugin, Primitive]]:
    """Return cpu_vanilla's primitive of each node."""
    return {node.name: _VANILLA[type(node.op), "nchw", ""] for node in graph.nodes}


def planned(graph: Graph) -> Plan:
    return plan(graph, vanilla(graph))


def inception(size: int = 224, modules: int = 9, *, fused: bool = True) -> Graph:
    """GoogLeNet's shape; not fused: each convolution is followed by a ReLU of its own."""
    net = Net("inception")

    def conv(x: str, *args: int) -> str:
        y = net.conv(x, *args)
        return y if fused else net.relu(y)

    x = conv(net.input(1, 3, size, size), 64, 7, 2)
    x = conv(conv(net.pool(x), 64), 192, 3)
    x = net.pool(x)
    for module in range(modules):
        width = 32 * (2 + module)
        one = conv(x, width)
        three = conv(conv(x, width), 2 * width, 3)
        five = conv(conv(x, width // 4), width // 2, 5)
        pooled = conv(net.pool(x, 3, 1, 1), width // 2)
        x = net.concat(one, three, five, pooled)
        if module in {1, 6}:
            x = net.pool(x)
    return net.finish(net.apply(Softmax(1), net.conv(x, 100)))


def residual(blocks: tuple[int, ...] = (3, 4, 6, 3), size: int = 224, *, fused: bool = True) -> Graph:
    """ResNet's shape with bottlenecks."""
    net = Net("residual")
    x = net.pool(net.conv(net.input(1, 3, size, size), 64, 7, 2))
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for block in range(count):
            stride = 2 if stage and not block else 1
            shortcut = net.conv(x, 4 * width, 1, stride) if not block else x
            y = net.conv(net.conv(net.conv(x, width, 1, stride), width, 3), 4 * width)
            if not fused:
                y = net.apply(
                    BatchNorm(),
                    y,
                    net.constant(f"{y}.m", np.zeros(4 * width, np.float32)),
                    net.constant(f"{y}.v", np.ones(4 * width, np.float32)),
                )
            x = net.relu(net.add(shortcut, y))
    return net.finish(x)


def fire(size: int = 227) -> Graph:
    """SqueezeNet's shape."""
    net = Net("fire")
    x = net.pool(net.conv(net.input(1, 3, size, size), 64, 3, 2))
    for module in range(8):
        squeezed = net.conv(x, 16 * (1 + module // 2))
        expand = 64 * (1 + module // 2)
        x = net.concat(net.conv(squeezed, expand), net.conv(squeezed, expand, 3))
        if module in {1, 3}:
            x = net.pool(x)
    return net.finish(net.conv(x, 1000))


def ssd(size: int = 300) -> Graph:
    """SSD's shape: heads on six feature maps, put together in two concats."""
    net = Net("ssd")
    x = net.input(1, 3, size, size)
    for width, times in ((64, 2), (128, 2), (256, 3), (512, 3)):
        for _ in range(times):
            x = net.conv(x, width, 3)
        if width == 512:
            scale = net.constant("norm.scale", np.ones(width, np.float32))
            normal = net.apply(Normalize(), x, scale)
        x = net.pool(x, 2, 2)
    for _ in range(3):
        x = net.conv(x, 512, 3)
    x = net.conv(net.conv(net.pool(x, 3, 1, 1), 1024, 3), 1024)
    sources = [(normal, 4), (x, 6)]
    for width, count in ((512, 6), (256, 6), (256, 4), (256, 4)):
        x = net.conv(net.conv(x, width // 2), width, 3, 2)
        sources.append((x, count))
    concats = []
    for values in (4, 21):
        parts = []
        for source, count in sources:
            head = net.apply(Permute((0, 2, 3, 1)), net.conv(source, count * values, 3))
            parts.append(net.reshape(head, 1, int(np.prod(net.shape(head)))))
        concats.append(net.concat(*parts))
    loc, conf = concats
    boxes = net.shape(conf)[1] // 21
    scores = net.apply(Softmax(2), net.reshape(conf, 1, boxes, 21))
    return net.finish(loc, net.reshape(scores, 1, boxes * 21))


def dense(size: int = 56, layers: int = 12) -> Graph:
    """DenseNet's shape: each layer reads all before it."""
    net = Net("dense")
    x = net.conv(net.input(1, 3, size, size), 64, 3)
    for _ in range(layers):
        x = net.concat(x, net.conv(net.conv(net.relu(x), 128), 32, 3))
    return net.finish(net.conv(x, 10))


def shuffle(size: int = 28, units: int = 4) -> Graph:
    """ShuffleNet's shape: half of the channels passes by, the other half is worked on."""
    net = Net("shuffle")
    x = net.conv(net.input(1, 3, size, size), 116, 3)
    for _ in range(units):
        left, right = net.channels(x, 0, 58), net.channels(x, 58, 58)
        y = net.relu(net.conv(net.conv(net.relu(right), 58), 58, 3, groups=58))
        x = net.concat(left, y)
        shape = net.shape(x)
        y = net.apply(Permute((0, 2, 1, 3, 4)), net.reshape(x, 1, 2, 58, *shape[2:]))
        x = net.reshape(y, *shape)
    return net.finish(x)


def unet(size: int = 64) -> Graph:
    """A U: what goes down comes back by concats."""
    net = Net("unet")
    x = net.input(1, 3, size, size)
    kept = []
    for width in (16, 32, 64):
        x = net.conv(net.conv(x, width, 3), width, 3)
        kept.append(x)
        x = net.pool(x, 2, 2)
    x = net.conv(x, 128, 3)
    for width, skip in zip((64, 32, 16), reversed(kept), strict=True):
        batch, _, height, _ = net.shape(x)
        spread = net.conv(x, width * 4)
        up = net.reshape(spread, batch, width, 2 * height, 2 * height)
        x = net.conv(net.conv(net.concat(up, skip), width, 3), width, 3)
    return net.finish(x)
