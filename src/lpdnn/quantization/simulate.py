"""A float network whose activations pass grids: what a quantized network would answer, at the speed of floats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import Array, Graph, GraphBuilder, Node
from lpdnn.ops.round_to_grid import RoundToGrid
from lpdnn.quantization.places import rounded

if TYPE_CHECKING:
    from lpdnn.quantization.format import Format

SUFFIX = "rounded"


def grid(one: Format) -> Array:
    """Return the operand of RoundToGrid for a format of an activation: f32 [4]."""
    if one.method == "float":
        return np.zeros(4, np.float32)
    scale = float(one.scales()[0])
    return np.array([scale, 1 / scale, one.low - one.zero, one.high - one.zero], np.float32)


def grid_name(value: str) -> str:
    """Return the constant that holds the grid of a value."""
    return f"{value}.grid"


def simulated(graph: Graph) -> Graph:
    """Return the network with every value that has a format of its own rounded to a grid, still left open.

    A value keeps its name where it is rounded, so that its readers, and the network's outputs, stay; what was
    made before is `VALUE.rounded`'s input, `VALUE.exact`.
    """
    points = set(rounded(graph))
    builder = GraphBuilder(graph.name)
    renamed: dict[str, str] = {}
    for value in graph.inputs:
        builder.input(value, graph.types[value])
    for value, array in graph.constants.items():
        builder.constant(value, array)
    for value in rounded(graph):
        builder.constant(grid_name(value), np.zeros(4, np.float32))

    def round_(value: str, made: str, result: str) -> None:
        op, name = RoundToGrid(), f"{value}.{SUFFIX}"
        builder.add(Node(name, op, (made, grid_name(value)), (result,)))

    for value in graph.inputs:
        if value in points:
            round_(value, value, f"{value}.{SUFFIX}")
            renamed[value] = f"{value}.{SUFFIX}"
    for node in graph.nodes:
        outputs = tuple(f"{v}.exact" if v in points else v for v in node.outputs)
        inputs = tuple(None if v is None else renamed.get(v, v) for v in node.inputs)
        builder.add(Node(node.name, node.op, inputs, outputs, node.origin))
        for value, made in zip(node.outputs, outputs, strict=True):
            if value in points:
                round_(value, made, value)
    return builder.finish(graph.outputs)


def _filters(graph: Graph, node: Node) -> int:
    weight = graph.types[str(node.inputs[1])]
    return graph.types[node.outputs[0]].shape[1] if node.op.NAME == "deconv2d" else weight.shape[0]


def with_biases(graph: Graph, operators: frozenset[str]) -> Graph:
    """Return the network with a bias, of zeros where there was none, in every node of these operators."""
    constants: dict[str, Array] = {}
    nodes = []
    for node in graph.nodes:
        if node.op.NAME in operators and node.inputs[1] in graph.constants and node.inputs[2] is None:
            name = f"{node.name}.bias"
            constants[name] = np.zeros(_filters(graph, node), np.float32)
            node = Node(node.name, node.op, (*node.inputs[:2], name), node.outputs, node.origin)  # noqa: PLW2901
        nodes.append(node)
    return graph.rebuilt(nodes, constants) if constants else graph
