"""Let a fully connected layer flatten by itself, reshapes meet, and pools say what they do in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from lpdnn.ir import Graph, Node


def _without_flatten(graph: Graph, node: Node, makers: dict[str, Node]) -> Node:
    """Return a fully connected node, or a reshape, that reads what a reshape before it reads."""
    maker = makers.get(str(node.inputs[0]))
    if isinstance(node.op, Reshape) and maker is not None and isinstance(maker.op, Reshape):
        return replace(node, inputs=maker.inputs)
    if not isinstance(node.op, FullyConnected) or maker is None or not isinstance(maker.op, Reshape):
        return node
    before, after = (graph.types[str(v)].shape for v in (maker.inputs[0], maker.outputs[0]))
    if len(before) <= node.op.axis or before[: node.op.axis] != after[: node.op.axis]:
        return node
    return replace(node, inputs=(maker.inputs[0], *node.inputs[1:]))


def _plain_pool(graph: Graph, node: Node) -> Node:
    """Return a pool without the settings that make no difference on its input."""
    if not isinstance(node.op, Pool) or not node.op.ceil:
        return node
    x = graph.types[str(node.inputs[0])]
    op = replace(node.op, ceil=False)
    padded = [x.shape[2 + i] + op.padding[i] + op.padding[i + 2] for i in (0, 1)]
    fits = all(
        size >= kernel and (size - kernel) % stride == 0
        for size, kernel, stride in zip(padded, op.kernel, op.stride, strict=True)
    )
    return replace(node, op=op) if fits else node


def melt_flatten(graph: Graph) -> Graph:
    """Drop reshapes before reshapes and fully connected nodes; clear `ceil` where windows fit exactly."""
    makers: dict[str, Node] = {}
    nodes = []
    for node in graph.nodes:
        nodes.append(_plain_pool(graph, _without_flatten(graph, node, makers)))
        makers |= dict.fromkeys(node.outputs, nodes[-1])
    return graph.rebuilt(nodes) if any(a is not b for a, b in zip(nodes, graph.nodes, strict=True)) else graph
