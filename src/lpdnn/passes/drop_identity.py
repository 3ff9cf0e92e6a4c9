"""Remove nodes that return their input unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ops.activation import IDENTITY, Activation
from lpdnn.ops.power import Power
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from lpdnn.ir import Graph, Node


def _is_identity(graph: Graph, node: Node) -> bool:
    if isinstance(node.op, Activation):
        return node.op.function == IDENTITY
    if isinstance(node.op, Power):
        return (node.op.power, node.op.scale, node.op.shift) == (1.0, 1.0, 0.0)
    return isinstance(node.op, Reshape) and graph.types[str(node.inputs[0])].shape == node.op.shape


def drop_identity(graph: Graph) -> Graph:
    """Let readers of an identity read its input; one that makes an output of the network stays."""
    same: dict[str, str] = {}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(None if value is None else same.get(value, value) for value in node.inputs)
        if _is_identity(graph, node) and node.outputs[0] not in graph.outputs:
            same[node.outputs[0]] = str(inputs[0])
        else:
            nodes.append(replace(node, inputs=inputs))
    return graph.rebuilt(nodes) if same else graph
