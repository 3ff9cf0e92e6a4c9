"""Which primitive computes each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError
from lpdnn.primitives import Plugin, Primitive, discover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import Graph, Node
    from lpdnn.targets import Target

Choice = dict[str, tuple[Plugin, Primitive]]
"""The primitive of each node, by the node's name."""


def candidates(graph: Graph, node: Node, target: Target) -> Iterator[tuple[Plugin, Primitive, str]]:
    """Yield every primitive of a node's operator with "" or the reason why it cannot be used."""
    inputs, outputs = graph.input_types(node), graph.output_types(node)
    dtype = outputs[0].dtype
    for plugin in discover():
        for primitive in plugin.primitives:
            if primitive.op is type(node.op) and primitive.dtype == dtype:
                yield plugin, primitive, primitive.accepts(node.op, inputs, outputs, target)


def choose(graph: Graph, target: Target) -> Choice:
    """Return the first primitive that accepts each node."""
    choice: Choice = {}
    for node in graph.nodes:
        usable = [
            (plugin, primitive) for plugin, primitive, reason in candidates(graph, node, target) if not reason
        ]
        if not usable:
            what = f"{node.op.NAME} of node {node.name!r} ({node.origin})"
            message = f"no plugin implements {what}; see lpdnn plugins"
            raise LpdnnError(message)
        choice[node.name] = usable[0]
    return choice
