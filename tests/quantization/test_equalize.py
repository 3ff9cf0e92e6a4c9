"""Equalized networks compute the same, and their channels are alike."""

from __future__ import annotations

import numpy as np

from lpdnn.interpreter import interpret
from lpdnn.ops.activation import ActivationFunction
from lpdnn.quantization import WEIGHTED, equalized, with_biases
from lpdnn.quantization.equalize import pairs
from quantization_networks import small_network


def test_pairs_are_convolutions_that_one_alone_reads() -> None:
    assert [(pair.first.name, pair.second.name) for pair in pairs(small_network())] == [
        ("expand", "depthwise"),
        ("depthwise", "project"),
    ]


def test_the_network_computes_the_same_with_ranges_alike() -> None:
    graph = with_biases(small_network(uneven=True), WEIGHTED)
    graph.constants["expand.bias"][:] = np.linspace(-1, 1, 16)
    other = equalized(graph)
    x = {"x": np.random.default_rng(3).standard_normal((1, 3, 8, 8)).astype(np.float32)}
    before, after = interpret(graph, x), interpret(other, x)
    assert np.allclose(before["fc"], after["fc"], rtol=1e-4, atol=1e-5)

    def spread(constants: dict[str, np.ndarray]) -> float:
        ranges = np.abs(constants["depthwise.w"]).max(axis=(1, 2, 3))
        return float(ranges.max() / ranges.min())

    assert spread(dict(other.constants)) < spread(dict(graph.constants)) / 4
    made = np.abs(other.constants["depthwise.w"]).max(axis=(1, 2, 3))
    read = np.abs(other.constants["project.w"]).max(axis=(0, 2, 3))
    assert np.allclose(made, read, rtol=0.05)


def test_a_clip_that_a_factor_passes_becomes_a_relu() -> None:
    graph = small_network()
    nodes = [
        type(n)(
            n.name,
            type(n.op)(padding=n.op.padding, groups=n.op.groups, activation=ActivationFunction("clip", 0, 6)),
            n.inputs,
            n.outputs,
        )
        if n.name == "expand"
        else n
        for n in graph.nodes
    ]
    other = equalized(graph.rebuilt(nodes))
    (expand,) = [node for node in other.nodes if node.name == "expand"]
    assert expand.op.activation.kind == "relu"
