"""Pruning sets the smallest weights to zero, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpdnn.ir import Graph, GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.passes.prune import prune, zeros


def _net(spread: float = 10.0) -> Graph:
    rng = np.random.default_rng(0)
    graph = GraphBuilder("net")
    graph.input("x", TensorType((1, 4, 6, 6)))
    graph.constant("w1", rng.standard_normal((8, 4, 3, 3)).astype(np.float32))
    graph.constant("b1", rng.standard_normal(8).astype(np.float32) / 1000)
    graph.constant("w2", rng.standard_normal((10, 128)).astype(np.float32) * np.float32(spread))
    graph.apply(Conv2d(), "x", "w1", "b1", name="conv")
    graph.apply(FullyConnected(), "conv", "w2", name="fc")
    return graph.finish(["fc"])


@given(st.floats(0, 0.99))
def test_each_layer_loses_its_smallest_weights(fraction: float) -> None:
    net = _net()
    pruned = prune(net, fraction)
    for name in ("w1", "w2"):
        old, new = net.constants[name], pruned.constants[name]
        gone = new == 0
        assert np.count_nonzero(gone) == int(fraction * old.size)
        np.testing.assert_array_equal(new[~gone], old[~gone])
        if gone.any() and not gone.all():
            assert np.abs(old[gone]).max() <= np.abs(old[~gone]).min()
    np.testing.assert_array_equal(pruned.constants["b1"], net.constants["b1"])


def test_globally_the_layer_of_small_weights_loses_more() -> None:
    net = _net()
    shares = zeros(prune(net, 0.2, "global"))
    assert shares["w1"] > 0.6
    assert shares["w2"] < 0.15
    sizes = {name: net.constants[name].size for name in shares}
    total = sum(sizes.values())
    assert sum(shares[n] * sizes[n] for n in sizes) == pytest.approx(int(0.2 * total), abs=1e-6)


def test_zeros_that_are_there_count() -> None:
    once = prune(_net(), 0.5)
    assert zeros(prune(once, 0.5)) == zeros(once)
    assert zeros(prune(once, 0.4)) == zeros(once)


def test_weights_in_common_are_pruned_once() -> None:
    graph = GraphBuilder("net")
    graph.input("x", TensorType((1, 4, 6, 6)))
    graph.constant("w", np.arange(1, 17, dtype=np.float32).reshape(4, 4, 1, 1))
    graph.apply(Conv2d(), "x", "w", name="a")
    graph.apply(Conv2d(), "a", "w", name="b")
    pruned = prune(graph.finish(["b"]), 0.75)
    assert pruned.constants["w"].ravel().tolist() == [0] * 12 + [13, 14, 15, 16]


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_other_fractions_are_refused(fraction: float) -> None:
    with pytest.raises(LpdnnError, match="cannot be pruned"):
        prune(_net(), fraction)
