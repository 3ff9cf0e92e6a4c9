"""Let a kernel that can do so store what the layer after it makes of its result: a sum, slopes below zero."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ops.activation import IDENTITY
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.prelu import PRelu

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lpdnn.ir import Array, Graph, Node
    from lpdnn.primitives import Plugin, Primitive


@dataclass(frozen=True)
class Melt:
    """A node that the one which makes its input could do, as one of its operator's `EXTRA` inputs.

    `value` is that input, `extra` the name of the other, `other` the value that it takes.
    """

    value: str
    extra: str
    other: str


def melts(graph: Graph, node: Node) -> Iterator[Melt]:
    """Yield the ways in which a node could go into the store of one before it, whoever computes that."""
    if isinstance(node.op, PRelu) and node.inputs[1] in graph.constants:
        yield from _into(graph, node, Melt(str(node.inputs[0]), "slope", str(node.inputs[1])))
    if isinstance(node.op, Eltwise) and node.op.kind == "sum" and len(node.inputs) == 2:
        one, other = map(str, node.inputs)
        if set(node.op.coefficients) <= {1.0} and one != other:
            yield from _into(graph, node, Melt(other, "addend", one))
            yield from _into(graph, node, Melt(one, "addend", other))


def _into(graph: Graph, node: Node, melt: Melt) -> Iterator[Melt]:
    feeder = graph.producers().get(melt.value)
    if feeder is None or melt.value in graph.outputs or graph.consumers()[melt.value] != [node]:
        return
    names = feeder.op.given(feeder.inputs)
    # Slopes come before a sum, and both before the function.
    done = getattr(feeder.op, "activation", IDENTITY) != IDENTITY or "addend" in names or melt.extra in names
    fits = melt.extra == "slope" or graph.types[melt.other] == graph.types[melt.value]
    if melt.extra in feeder.op.EXTRA and not done and fits:
        yield melt


def _slopes(graph: Graph, melt: Melt) -> tuple[str, dict[str, Array]]:
    """Return the value that has a slope for each channel; a slope of all is repeated in a new constant."""
    channels, slope = graph.types[melt.value].shape[1], graph.constants[melt.other]
    if slope.size == channels:
        return melt.other, {}
    name = f"{melt.other} of {melt.value}"
    while name in graph.types:
        name += "'"
    return name, {name: np.full(channels, slope[0], np.float32)}


def _melted(graph: Graph, node: Node, melt: Melt) -> Graph:
    """Return the graph with a node in the store of its feeder, which then runs in its place."""
    feeder = graph.producers()[melt.value]
    op: Any = feeder.op
    other, new = melt.other, dict[str, "Array"]()
    if melt.extra == "slope":
        other, new = _slopes(graph, melt)
    else:
        op = replace(op, activation=node.op.activation)  # type: ignore[attr-defined]  # an Eltwise
    inputs = list(op.padded(feeder.inputs))
    inputs[[op.input_name(i) for i in range(len(op.INPUTS))].index(melt.extra)] = other
    origin = " + ".join(filter(None, (feeder.origin, node.origin)))
    both = replace(feeder, op=op, inputs=tuple(inputs), outputs=node.outputs, origin=origin)
    left = [both if one is node else one for one in graph.nodes if one is not feeder]
    constants = {**graph.constants, **new}
    types = {**graph.types, **{name: graph.types[melt.other].reshaped(a.size) for name, a in new.items()}}
    del types[melt.value]
    formats = {value: known for value, known in graph.formats.items() if value in types}
    return replace(graph, nodes=tuple(left), types=types, constants=constants, formats=formats)


def melt_into_stores(
    graph: Graph, choice: Mapping[str, tuple[Plugin, Primitive]]
) -> tuple[Graph, dict[str, tuple[Plugin, Primitive]]]:
    """Return a network with layouts, and the choice for it, with each node melted that a chosen kernel takes.

    Of two kernels that could, the one that runs later does. A melted pair has the name of its first node.
    """
    chosen = dict(choice)
    for node in graph.nodes:
        found = [(graph.producers()[melt.value], melt) for melt in melts(graph, node)]
        able = [
            (graph.nodes.index(maker), melt)
            for maker, melt in found
            if melt.extra in chosen[maker.name][1].takes
        ]
        if able:
            graph = _melted(graph, node, max(able, key=lambda one: one[0])[1])
            del chosen[node.name]
    return graph, chosen
