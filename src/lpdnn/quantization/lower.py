"""From a float network and a format for each tensor to a network of integers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from lpdnn.quantization.lowering import Held, Lowering
from lpdnn.quantization.operators import LOWERED

if TYPE_CHECKING:
    from lpdnn.ir import Graph
    from lpdnn.quantization.configuration import Configuration


class Integers(NamedTuple):
    """A network of integers, and which nodes are still computed in floating point, and why."""

    graph: Graph
    notes: tuple[str, ...]


def quantized(graph: Graph, configuration: Configuration, *, integers_outside: bool = False) -> Integers:
    """Return a network that computes with integers where the configuration has formats for it.

    The network is float and simplified, the one that the configuration is for. Its inputs and outputs stay
    real numbers, unless `integers_outside`: then they are integers, and `formats` tells what they stand for.
    Nodes that cannot be computed with integers stay in floating point between conversions; notes name them.
    """
    lowering = Lowering(graph, configuration, LOWERED, outside=not integers_outside)
    for value in graph.inputs:
        how = lowering.formats.get(value) if integers_outside else None
        tensor = graph.types[value]
        lowering.builder.input(value, tensor if how is None else replace(tensor, dtype=how.dtype))
        if how is None:
            lowering.reals[value] = value
        else:
            lowering.builder.formats[value] = how.quantization
            lowering.held[value] = Held(value, how)
    for node in graph.nodes:
        lowering.node(node)
    outputs = [
        lowering.held[value].value if integers_outside and value in lowering.held else lowering.real(value)
        for value in graph.outputs
    ]
    finished = lowering.builder.finish(outputs)
    return Integers(finished.rebuilt(finished.nodes), tuple(lowering.notes))
