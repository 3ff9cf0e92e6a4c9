"""Kernels that some weights are unfit for: equal filters give equal results, and zeros exact zeros."""

from __future__ import annotations

import numpy as np
import pytest

import lpdnn
from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.targets import find

TARGET = "x86-64-avx2"
CASES = {"equal filters equal results": (300, 7), "a filter of zeros exact zeros": (300, 300)}


def _network(*, same: tuple[int, int] | None = None) -> Graph:
    """Return two pointwise convolutions alike, of which two filters of the second are the same, or one is zero."""
    graph = GraphBuilder("net")
    y = graph.input("data", TensorType((1, 512, 14, 14)))
    rng = np.random.default_rng(0)
    for name in ("fit", "unfit"):
        weight = rng.standard_normal((512, 512, 1, 1)).astype(np.float32)
        if same and name == "unfit":
            weight[same[0]] = weight[same[1]] if same[0] != same[1] else -0.0
        y = graph.apply(Conv2d(), y, graph.constant(f"{name} w", weight), name=name)
    return graph.finish([y])


def _strassen(graph: Graph) -> list[str]:
    nodes = lpdnn.select(graph, target=TARGET).nodes
    return [name for name, one in nodes.items() if one.primitive.source == "strassen"]


def test_weights_decide_for_each_node() -> None:
    assert _strassen(_network()) == ["fit", "unfit"]
    for same in CASES.values():
        assert _strassen(_network(same=same)) == ["fit"]


@pytest.mark.parametrize("why", CASES)
def test_the_reason_is_told(why: str) -> None:
    with pytest.raises(lpdnn.LpdnnError, match=f"would not give {why}"):
        lpdnn.select(_network(same=CASES[why]), target=TARGET, use=["unfit=cpu_simd:strassen_avx2"])


def test_equal_filters_give_equal_results() -> None:
    if not find(TARGET).runs_here:
        pytest.skip(f"this computer is no {TARGET}")
    graph = _network(same=(300, 7))
    program = lpdnn.build(graph, target=TARGET)
    x = np.random.default_rng(1).standard_normal((1, 512, 14, 14)).astype(np.float32)
    y = program(x)
    assert np.array_equal(y[:, 300], y[:, 7])
