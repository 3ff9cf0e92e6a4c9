"""A simulated network rounds every value that has a format of its own, and nothing else."""

from __future__ import annotations

import numpy as np

from lpdnn.interpreter import interpret
from lpdnn.ir import verify
from lpdnn.quantization import Format, grid, grid_name, rounded, simulated
from quantization_networks import small_network


def test_every_value_lies_on_its_grid() -> None:
    graph = simulated(small_network())
    verify(graph, "simulate")
    one = Format("PC", 8, scale=(0.05,), zero=-20)
    constants = dict(graph.constants)
    for value in rounded(small_network()):
        constants[grid_name(value)] = grid(one)
    other = type(graph)(graph.name, graph.inputs, graph.outputs, graph.nodes, graph.types, constants)
    x = {"x": np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)}
    values = interpret(other, x)
    for value in rounded(small_network())[1:]:
        assert np.allclose(values[value], one.rounded(values[f"{value}.exact"]), atol=1e-6)
        assert values[f"{value}.exact"].tolist() != values[value].tolist()


def test_open_grids_leave_the_network_as_it_is() -> None:
    graph = small_network()
    x = {"x": np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)}
    assert np.array_equal(interpret(graph, x)["prob"], interpret(simulated(graph), x)["prob"])
