"""A network that only hands its input on has a table of steps without a step, which C89 must take."""

from __future__ import annotations

import numpy as np

import lpdnn
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.reshape import Reshape


def test_a_network_of_views_is_built() -> None:
    graph = GraphBuilder("views")
    graph.input("x", TensorType((1, 2, 3)))
    graph.apply(Reshape((6,)), "x", name="y")
    program = lpdnn.build(graph.finish(["y"]))
    np.testing.assert_array_equal(program(np.arange(6.0).reshape(1, 2, 3)), np.arange(6.0))
