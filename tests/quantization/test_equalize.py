"""Equalized networks compute the same, and their channels are alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.quantization import WEIGHTED, equalized, with_biases
from lpdnn.quantization.equalize import SPARE, families
from quantization_networks import small_network

CLIP = ActivationFunction("clip", 0.0, 6.0)
X = np.random.default_rng(3).standard_normal((1, 3, 8, 8)).astype(np.float32)


def _reach(graph: Graph) -> dict[str, np.ndarray]:
    values = interpret(graph, {"x": X})
    return {name: np.abs(x).max(axis=(0, *range(2, x.ndim))) for name, x in values.items() if x.ndim > 1}


def _spread(x: np.ndarray) -> float:
    return float(x.max() / x.min())


def _residual(*, shared: bool = False) -> Graph:
    """Two convolutions of very uneven channels, their sum read by a third and by a fully connected layer."""
    rng = np.random.default_rng(5)
    uneven = np.geomspace(0.01, 10, 6).reshape(6, 1, 1, 1)
    net = GraphBuilder("residual")
    x = net.input("x", TensorType((1, 3, 8, 8)))
    weights = {
        "first": rng.standard_normal((6, 3, 3, 3)) * uneven,
        "second": rng.standard_normal((6, 6, 1, 1)) / uneven.reshape(1, 6, 1, 1) * uneven,
        "third": rng.standard_normal((4, 6, 1, 1)) / uneven.reshape(1, 6, 1, 1),
        "fc": rng.standard_normal((5, 6 * 64)) / np.repeat(uneven.ravel(), 64),
        "last": rng.standard_normal((5, 4 * 64)),
    }
    w = {name: net.constant(f"{name}.w", array.astype(np.float32)) for name, array in weights.items()}
    first = net.apply(Conv2d(padding=(1, 1, 1, 1)), x, w["first"], name="first")
    second = net.apply(Conv2d(activation=ActivationFunction("relu")), first, w["second"], name="second")
    total = net.apply(Eltwise("sum"), first, second, name="total")
    third = net.apply(Conv2d(activation=CLIP), total, w["third"], name="third")
    answers = net.apply(FullyConnected(), total, w["fc"], name="fc")
    again = [net.apply(FullyConnected(), total, w["fc"], name="again")] if shared else []
    return net.finish([answers, net.apply(FullyConnected(), third, w["last"], name="last"), *again])


def test_families_are_values_that_share_their_factors() -> None:
    found = [one.values for one in families(small_network())]
    assert found == [["stem", "project", "sum", "pool"], ["expand"], ["depthwise"]]
    shared, third = families(_residual())
    assert set(shared.values) == {"first", "second", "total"}
    assert [node.name for node in shared.makers] == ["first", "second"]
    assert [node.name for node in shared.readers] == ["second", "third", "fc"]
    assert third.values == ["third"]
    assert third.bounds == {6.0}


def test_weights_that_two_layers_share_bar_a_family() -> None:
    assert [one.values for one in families(_residual(shared=True))] == [["third"]]


@pytest.mark.parametrize("per_filter", [True, False])
def test_a_residual_network_computes_the_same_with_values_alike(*, per_filter: bool) -> None:
    graph = with_biases(_residual(), WEIGHTED)
    graph.constants["first.bias"][:] = np.linspace(-1, 1, 6)
    other = equalized(graph, _reach(graph), per_filter=per_filter)
    before, after = interpret(graph, {"x": X}), interpret(other, {"x": X})
    for value in graph.outputs:
        np.testing.assert_allclose(after[value], before[value], rtol=1e-3, atol=1e-4)
    assert _spread(_reach(other)["total"]) < _spread(_reach(graph)["total"]) / 4


def test_what_a_depthwise_convolution_reads_reaches_as_far_in_each_channel() -> None:
    graph = small_network(uneven=True)
    other = equalized(graph, _reach(graph))
    reach = _reach(other)["expand"]
    np.testing.assert_allclose(reach[reach > 0], reach.max(), rtol=1e-4)


def test_a_clip_stays_and_spares_what_was_seen() -> None:
    graph = small_network(uneven=True)
    nodes = [
        replace(node, op=replace(node.op, activation=CLIP)) if node.name == "expand" else node  # type: ignore[type-var]
        for node in graph.nodes
    ]
    clipped = graph.rebuilt(nodes)
    other = equalized(clipped, _reach(clipped))
    (expand,) = [node for node in other.nodes if node.name == "expand"]
    assert expand.op.activation == CLIP  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        interpret(other, {"x": X})["fc"], interpret(clipped, {"x": X})["fc"], rtol=1e-4, atol=1e-5
    )
    before, after = _reach(clipped)["expand"], _reach(other)["expand"]
    factor = before[before > 0] / after[before > 0]
    assert (factor >= np.minimum(SPARE * before[before > 0] / 6.0, 1.0) - 1e-5).all()
