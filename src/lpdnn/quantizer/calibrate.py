"""Calibration: what the values of a network look like, from what its program computes of examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.quantization import Distribution, Moments, empty, measurable, rounded, vectors, weighted

if TYPE_CHECKING:
    from lpdnn.ir import Graph
    from lpdnn.quantizer.examples import Examples, Tell
    from lpdnn.quantizer.simulation import Simulation


@dataclass
class Calibration:
    """The distribution of each value that has a format of its own; moments of what weighted layers read."""

    values: dict[str, Distribution] = field(default_factory=dict)
    moments: dict[str, Moments] = field(default_factory=dict)


def calibrate(
    graph: Graph,
    simulation: Simulation,
    examples: Examples,
    tell: Tell,
    *,
    moments: bool = True,
    seed: int = 0,
) -> Calibration:
    """Return what a network's values look like over examples, computed by a simulation that rounds nothing."""
    points = rounded(graph)
    found = Calibration({value: Distribution() for value in points})
    readers = (
        [node for node in graph.nodes if node.name in weighted(graph) and measurable(node)] if moments else []
    )
    for node in readers:
        found.moments[node.name] = empty(node, graph.constants[str(node.inputs[1])])
    wanted = {*points, *(str(node.inputs[0]) for node in readers)}
    rng = np.random.default_rng(seed)
    for index, x in enumerate(examples.inputs):
        tell(index, len(examples), "calibrate")
        values = {graph.inputs[0]: x, **simulation.program.trace(x, wanted)}
        for value in points:
            found.values[value].add(values[value])
        for node in readers:
            read = values[str(node.inputs[0])]
            found.moments[node.name].add(vectors(node, read, graph.constants[str(node.inputs[1])], rng))
    return found
