"""Let permutations meet: two become one, and one before a fully connected layer melts into its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.permute import Permute
from lpdnn.ops.reshape import Reshape
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from lpdnn.ir import Graph, Node


def _joined(graph: Graph, node: Node, makers: dict[str, Node]) -> Node:
    """Return a permutation of what the permutation before it reads; one that moves nothing is a reshape."""
    assert isinstance(node.op, Permute)
    order, source = node.op.order, str(node.inputs[0])
    before = makers.get(source)
    if before is not None and isinstance(before.op, Permute):
        order = tuple(before.op.order[axis] for axis in order)
        source = str(before.inputs[0])
    shape = graph.types[source].shape
    moved = [axis for axis in order if shape[axis] != 1]
    if moved == sorted(moved):
        return replace(node, op=Reshape(tuple(shape[axis] for axis in order)), inputs=(source,))
    return replace(node, op=Permute(order), inputs=(source,))


def _into_weights(sweep: Sweep, node: Node, makers: dict[str, Node]) -> Node:
    """Return a fully connected node whose weights are in the order of what is permuted before it."""
    assert isinstance(node.op, FullyConnected)
    graph = sweep.graph
    maker = makers.get(str(node.inputs[0]))
    flat = maker if maker is not None and isinstance(maker.op, Reshape) else None
    turn = makers.get(str(flat.inputs[0])) if flat is not None else maker
    weight = sweep.value(node.inputs[1])
    if turn is None or not isinstance(turn.op, Permute) or weight is None:
        return node
    source, order, axis = str(turn.inputs[0]), turn.op.order, node.op.axis
    before, after = graph.types[source].shape, graph.types[turn.outputs[0]].shape
    rows = graph.types[str(node.inputs[0])].shape[:axis]
    if order[:axis] != tuple(range(axis)) or before[:axis] != rows or len(before) <= axis:
        return node
    # Columns lie in the order after the permutation: [M, after...] -> [M, before...].
    inner = [1 + place - axis for place in order[axis:]]
    columns = weight.reshape(-1, *after[axis:]).transpose(0, *(1 + np.argsort(np.array(inner))))
    name = sweep.constant(f"{node.name}.weight", columns.reshape(weight.shape))
    return replace(node, inputs=(source, name, *node.inputs[2:]))


def melt_permute(graph: Graph) -> Graph:
    """Join permutations, and let fully connected nodes read through them."""
    sweep = Sweep(graph)
    makers: dict[str, Node] = {}
    for node in graph.nodes:
        new = node
        if isinstance(node.op, Permute):
            new = _joined(graph, node, makers)
        elif isinstance(node.op, FullyConnected):
            new = _into_weights(sweep, node, makers)
        makers |= dict.fromkeys(new.outputs, new)
        sweep.keep(new)
    return sweep.finish()
