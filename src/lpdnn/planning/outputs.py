"""Memory of their own for outputs of a network that are constants: a copying step for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ir import Graph, LpdnnError, Node
from lpdnn.ops import OPERATORS
from lpdnn.primitives import Plugin, Primitive, discover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import TensorType

COPY = "reshape"
"""The operator that copies; to the same shape here."""


def _copier(name: str, tensor: TensorType) -> tuple[Plugin, Primitive]:
    for plugin in discover():
        for primitive in plugin.primitives:
            kind = (primitive.op.NAME, primitive.dtype, primitive.layout, primitive.out_layout or "nchw")
            if kind == (COPY, tensor.dtype, "nchw", "nchw"):
                return plugin, primitive
    message = (
        f"output {name!r} is a constant, and no plugin has a {COPY} primitive for {tensor.dtype} to copy it"
    )
    raise LpdnnError(message)


def own_outputs(
    graph: Graph, choice: Mapping[str, tuple[Plugin, Primitive]]
) -> tuple[Graph, dict[str, tuple[Plugin, Primitive]]]:
    """Return the graph with a copying node for each output that is a constant, and the choice for it.

    The output keeps its name; the constant is renamed, for its readers too. Other outputs need no copy: an
    input that is an output stays where the application put it, and a view that must not share memory keeps
    its kernel.
    """
    chosen = dict(choice)
    constants, types = dict(graph.constants), dict(graph.types)
    names = set(graph.types) | {node.name for node in graph.nodes}
    renamed: dict[str, str] = {}
    copies = []
    for value in dict.fromkeys(value for value in graph.outputs if value in graph.constants):
        constant, node_name = (_unique(f"{value}.{suffix}", names) for suffix in ("constant", "copy"))
        renamed[value] = constant
        constants[constant] = constants.pop(value)
        types[constant] = types[value]
        op = OPERATORS[COPY](shape=types[value].shape)  # type: ignore[call-arg]  # its attribute
        copies.append(Node(node_name, op, (constant,), (value,)))
        chosen[node_name] = _copier(value, types[value])
    if not copies:
        return graph, chosen
    nodes = [
        replace(node, inputs=tuple(None if v is None else renamed.get(v, v) for v in node.inputs))
        for node in graph.nodes
    ]
    return replace(graph, nodes=(*nodes, *copies), types=types, constants=constants), chosen


def _unique(name: str, names: set[str]) -> str:
    unique, count = name, 1
    while unique in names:
        count += 1
        unique = f"{name}.{count}"
    names.add(unique)
    return unique
