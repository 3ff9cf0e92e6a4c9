"""Each pass leaves a network that computes the same, with what it promises gone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, GraphBuilder, Operator, TensorType, verify
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.bias import Bias
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.power import Power
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.scale import Scale
from lpdnn.passes import PASSES
from lpdnn.passes.drop_identity import drop_identity
from lpdnn.passes.fold_constants import fold_constants

RELU = Activation(ActivationFunction("relu"))


class Net:
    """A network being written down: constants are seeded by their count."""

    def __init__(self, *shape: int) -> None:
        self.graph = GraphBuilder("net")
        self.graph.input("data", TensorType(shape))
        self.rng = np.random.default_rng(5)

    def constant(self, *shape: int) -> str:
        name = f"c{len(self.graph.constants)}"
        return self.graph.constant(name, self.rng.uniform(0.5, 1.5, shape).astype(np.float32))

    def add(self, op: Operator, *inputs: str, name: str) -> str:
        return self.graph.apply(op, *inputs, name=name)


def simplified(graph: Graph) -> Graph:
    for change in PASSES:
        graph = verify(change(graph), change.__name__)
    return graph


def check(net: Net, *outputs: str) -> list[str]:
    """Return the operators that are left, having checked that the outputs are the same."""
    graph = net.graph.finish(outputs)
    x = np.random.default_rng(1).standard_normal(graph.types["data"].shape).astype(np.float32)
    small = simplified(graph)
    before, after = interpret(graph, {"data": x}), interpret(small, {"data": x})
    for name in outputs:
        assert np.allclose(before[name], after[name], rtol=1e-4, atol=1e-4 * np.abs(before[name]).max())
    return [node.op.NAME for node in small.nodes]


@pytest.mark.parametrize(
    ("op", "weight"),
    [
        (Conv2d(padding=(1, 1, 1, 1)), (6, 4, 3, 3)),
        (Conv2d(groups=2), (6, 2, 3, 3)),
        (Deconv2d(stride=(2, 2), groups=2), (4, 3, 2, 2)),
        (FullyConnected(), (6, 4 * 7 * 7)),
    ],
)
def test_batch_norm_scale_and_relu_melt_into_what_feeds_them(op: Operator, weight: tuple[int, ...]) -> None:
    net = Net(1, 4, 7, 7)
    y = net.add(op, "data", net.constant(*weight), name="linear")
    y = net.add(BatchNorm(epsilon=1e-3), y, net.constant(6), net.constant(6), name="bn")
    y = net.add(Scale(), y, net.constant(6), net.constant(6), name="scale")
    y = net.add(Bias(), y, net.constant(6), name="bias")
    y = net.add(RELU, y, name="relu")
    assert check(net, y) == [op.NAME]


def test_what_others_read_is_not_melted() -> None:
    net = Net(1, 4, 7, 7)
    conv = net.add(Conv2d(), "data", net.constant(4, 4, 1, 1), name="conv")
    relu = net.add(RELU, conv, name="relu")
    total = net.add(Eltwise("sum"), conv, relu, name="sum")
    assert check(net, total) == ["conv2d", "activation", "eltwise"]


def test_an_output_is_not_melted() -> None:
    net = Net(1, 4, 7, 7)
    conv = net.add(Conv2d(), "data", net.constant(4, 4, 1, 1), name="conv")
    relu = net.add(RELU, conv, name="relu")
    assert check(net, conv, relu) == ["conv2d", "activation"]


def test_scale_melts_into_the_convolution_ahead_unless_padding_sees_its_bias() -> None:
    for padding, left in (((0, 0, 0, 0), ["pool", "conv2d"]), ((1, 1, 1, 1), ["pool", "scale", "conv2d"])):
        net = Net(1, 4, 8, 8)
        y = net.add(Pool("max", (2, 2), (2, 2)), "data", name="pool")
        y = net.add(BatchNorm(epsilon=1e-5), y, net.constant(4), net.constant(4), name="bn")
        y = net.add(Conv2d(padding=padding, groups=2), y, net.constant(6, 2, 3, 3), name="conv")
        assert check(net, y) == left


def test_scales_in_a_row_become_one() -> None:
    net = Net(2, 4, 8, 8)
    y = net.add(BatchNorm(epsilon=1e-5), "data", net.constant(4), net.constant(4), name="bn")
    y = net.add(Scale(), y, net.constant(4), net.constant(4), name="scale")
    y = net.add(RELU, y, name="relu")
    assert check(net, y) == ["scale"]


def test_shared_weights_are_folded_apart() -> None:
    net = Net(1, 4, 7, 7)
    weight = net.constant(4, 4, 1, 1)
    parts = []
    for i in range(2):
        y = net.add(Conv2d(), "data", weight, name=f"conv{i}")
        parts.append(net.add(Scale(), y, net.constant(4), name=f"scale{i}"))
    y = net.add(Concat(axis=1), *parts, name="concat")
    assert check(net, y) == ["conv2d", "conv2d", "concat"]


def test_identities_go_but_not_as_outputs() -> None:
    net = Net(1, 4, 2, 2)
    y = net.add(Power(1.0, 1.0, 0.0), "data", name="power")
    y = net.add(Reshape((1, 4, 2, 2)), y, name="reshape")
    y = net.add(RELU, y, name="relu")
    z = net.add(Power(1.0, 1.0, 0.0), y, name="last")
    graph = net.graph.finish([z])
    assert [node.name for node in drop_identity(graph).nodes] == ["relu", "last"]


def test_constants_are_computed() -> None:
    net = Net(1, 4)
    c = net.add(RELU, net.constant(1, 4), name="of_constant")
    y = net.add(Eltwise("sum"), "data", c, name="sum")
    graph = fold_constants(net.graph.finish([y]))
    assert [node.name for node in graph.nodes] == ["sum"]


def test_a_shape_alone_makes_priors_constant() -> None:
    from lpdnn.ops.prior_box import PriorBox

    net = Net(1, 3, 32, 32)
    features = net.add(Pool("max", (8, 8), (8, 8)), "data", name="pool")
    attributes: dict[str, Any] = {"min_sizes": (4.0,), "variances": (0.1, 0.1, 0.2, 0.2)}
    priors = net.add(PriorBox(**attributes), features, "data", name="priors")
    y = net.add(Concat(axis=2), priors, priors, name="concat")
    z = net.add(RELU, y, name="relu")
    y = net.add(Eltwise("sum"), z, z, name="sum")
    graph = fold_constants(net.graph.finish([features, y]))
    assert [node.name for node in graph.nodes] == ["pool", "sum"]
