"""Runs a graph by the operators' reference semantics: the oracle of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, Graph


def interpret(graph: Graph, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return every value of the graph for these inputs (row-major, of the declared shapes)."""
    values: dict[str, Array] = dict(graph.constants)
    for name in graph.inputs:
        if name not in inputs:
            message = f"input {name!r} of network {graph.name!r} was not given"
            raise LpdnnError(message)
        values[name] = graph.types[name].holding(inputs[name], f"input {name!r}")
    for node in graph.nodes:
        outputs = node.op.reference(*(None if value is None else values[value] for value in node.inputs))
        values.update(zip(node.outputs, outputs, strict=True))
    return values
