"""A plugin with kernels in several layouts, and a network that branches, to run what was lowered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.primitives import Plugin, Primitive, discover

if TYPE_CHECKING:
    from lpdnn.ir import Graph, Operator, Types
    from lpdnn.ir import TensorType as Tensor
    from lpdnn.targets import Target


def _plain_sum(op: Operator, _inputs: Types, _outputs: tuple[Tensor, ...], _target: Target) -> str:
    assert isinstance(op, Eltwise)
    return "" if op.kind == "sum" and not op.coefficients else "it is no plain sum"


PLUGIN = Plugin(
    "test_layouts",
    "for tests",
    Path(__file__).parent / "plugin",
    (
        Primitive(Conv2d, "test", layout="nhwc"),
        Primitive(Conv2d, "test", layout="nchw8c"),
        Primitive(Conv2d, "test", layout="nchw", out_layout="nhwc"),
        Primitive(Conv2d, "test", layout="nhwc", out_layout="nchw8c"),
        Primitive(Conv2d, "test", layout="nchw8c", out_layout="nchw"),
        Primitive(Eltwise, "test", layout="any", in_place=("x",), accepts=_plain_sum),
    ),
    "c99",
)
PLUGINS = (*(plugin for plugin in discover() if plugin.name == "cpu_vanilla"), PLUGIN)


def branching(coefficients: tuple[float, ...] = ()) -> Graph:
    """Return a net with a residual, a concat, a constant image, a second output, and images of one pixel."""
    rng = np.random.default_rng(5)
    relu = ActivationFunction("relu")
    net = GraphBuilder("branching")

    def conv(x: str, name: str, filters: int, kernel: int = 1, stride: int = 1) -> str:
        shape = (filters, net.types[x].shape[1], kernel, kernel)
        weight = net.constant(f"{name}.w", (rng.standard_normal(shape) / shape[1]).astype(np.float32))
        bias = net.constant(f"{name}.b", rng.standard_normal(filters).astype(np.float32))
        pad = kernel // 2
        op = Conv2d(stride=(stride, stride), padding=(pad, pad, pad, pad), activation=relu)
        return net.apply(op, x, weight, bias, name=name)

    x = net.input("data", TensorType((1, 3, 9, 7)))
    stem = conv(x, "stem", 16, 3)
    left = conv(stem, "left", 16, 3)
    ramp = np.linspace(-1, 1, 16 * 63, dtype=np.float32).reshape(1, 16, 9, 7)
    total = net.apply(Eltwise(coefficients=coefficients), stem, left, net.constant("ramp", ramp), name="sum")
    heads = [conv(total, f"head{i}", filters) for i, filters in enumerate((8, 24, 11))]
    both = net.apply(Concat(), *heads, name="concat")
    small = conv(both, "small", 16, 3, 2)
    pooled = net.apply(Pool("average", net.types[small].shape[2:], (1, 1)), small, name="pool")
    point = conv(pooled, "point", 24)
    weight = net.constant("fc.w", rng.standard_normal((5, 24)).astype(np.float32))
    fc = net.apply(FullyConnected(), point, weight, None, name="fc")
    return net.finish([fc, "small"])
