"""What the plan of a selection takes, and which nodes have to do with its peak."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.planning.layouts import lay_out
from lpdnn.planning.planner import plan
from lpdnn.selection.budget import Footprint

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph, Operator
    from lpdnn.planning.contract import Plan
    from lpdnn.primitives import Primitive
    from lpdnn.selection import Selection


def _bare(primitive: Primitive) -> Primitive:
    """Return a primitive that leaves weights out: they take time to prepare, and no room in the arena."""

    def prepare(_op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        return tuple(
            np.zeros(0, array.dtype)
            if array is not None and primitive.op.input_name(position) in primitive.op.PARAMETERS
            else array
            for position, array in enumerate(constants)
        )

    return replace(primitive, prepare=prepare)


def _peak(made: Plan) -> int:
    """Return the step during which most bytes are taken."""
    taken = [0] * (len(made.steps) + 2)
    for buffer in made.buffers:
        for step in range(buffer.first, buffer.last + 1):
            taken[step + 1] += buffer.bytes
    return max(range(len(taken)), key=lambda place: taken[place]) - 1


def footprint(graph: Graph, selection: Selection) -> Footprint:
    """Return what a selection's plan takes; the nodes to blame for its peak come first."""
    lowered, choice = lay_out(graph, selection)
    made = plan(lowered, {node: (plugin, _bare(one)) for node, (plugin, one) in choice.items()})
    peak = _peak(made)
    there = {value for b in made.buffers if b.first <= peak <= b.last for value in b.values}
    nodes = [made.steps[peak].node] if 0 <= peak < len(made.steps) else []
    nodes += [
        node
        for node in made.graph.nodes
        if not there.isdisjoint((*node.outputs, *(v for v in node.inputs if v)))
    ]
    known = {node.name for node in graph.nodes}
    return Footprint(made.arena_bytes, tuple(dict.fromkeys(n.name for n in nodes if n.name in known)))
