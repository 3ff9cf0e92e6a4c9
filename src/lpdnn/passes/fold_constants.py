"""Compute at compile time what does not depend on the network's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph


def fold_constants(graph: Graph) -> Graph:
    """Replace nodes whose inputs are constants, or matter only by their shapes (PriorBox), by their results.

    A constant output of the network keeps its node: something has to write it into memory.
    """
    constants: dict[str, Array] = {}
    nodes = []
    for node in graph.nodes:
        arrays = [None if v is None else constants.get(v, graph.constants.get(v)) for v in node.inputs]
        known = node.op.SHAPES_ONLY or all(
            a is not None for v, a in zip(node.inputs, arrays, strict=True) if v is not None
        )
        if not known or not set(node.outputs).isdisjoint(graph.outputs):
            nodes.append(node)
            continue
        values = [
            np.zeros(graph.types[v].shape, ELEMENT[graph.types[v].dtype])
            if v is not None and a is None
            else a
            for v, a in zip(node.inputs, arrays, strict=True)
        ]
        constants.update(zip(node.outputs, node.op.reference(*values), strict=True))
    return graph.rebuilt(nodes, constants) if constants else graph
