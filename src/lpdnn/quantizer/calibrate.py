"""Calibration: what the values of a network look like, from what its program computes of examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LAYOUTS
from lpdnn.ops.softmax import Softmax
from lpdnn.quantization import Distribution, Moments, empty, measurable, rounded, vectors, weighted

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph, Node
    from lpdnn.quantizer.examples import Examples, Tell
    from lpdnn.quantizer.simulation import Simulation


@dataclass
class Calibration:
    """The distribution of each value that has a format of its own; moments of what weighted layers read."""

    values: dict[str, Distribution] = field(default_factory=dict)
    moments: dict[str, Moments] = field(default_factory=dict)
    reach: dict[str, Array] = field(default_factory=dict)


def _importance(x: Array, axis: int) -> Array:
    """Return what an error of each number that a softmax reads counts, 1 on average.

    The divergence of its results is, in second order, the variance of the errors, each as probable as its result.
    """
    shifted = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=axis, keepdims=True) * x.shape[axis])


def _reach(reach: dict[str, Array], value: str, x: Array) -> None:
    if x.ndim > 1:
        most = np.abs(x).max(axis=(0, *range(2, x.ndim)))
        reach[value] = np.maximum(reach.get(value, most), most)


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
    by_value: dict[str, list[Node]] = {}
    for node in readers:
        by_value.setdefault(str(node.inputs[0]), []).append(node)
    judged = {str(node.inputs[0]): node.op.axis for node in graph.nodes if isinstance(node.op, Softmax)}
    rng = np.random.default_rng(seed)

    def see(value: str, x: Array) -> None:
        if value in found.values:
            found.values[value].add(x, _importance(x, judged[value]) if value in judged else None)
            _reach(found.reach, value, x)
        for node in by_value.get(value, ()):
            found.moments[node.name].add(vectors(node, x, graph.constants[str(node.inputs[1])], rng))

    for index, x in enumerate(examples.inputs):
        tell(index, len(examples), "calibrate")
        see(graph.inputs[0], x)
        seen = {graph.inputs[0]}
        for written in simulation.program.steps(x):
            for name, array in written.items():
                value = name.rpartition("@")[0] if name.rpartition("@")[2] in LAYOUTS else name
                if value not in seen:
                    seen.add(value)
                    see(value, array)
    for one in found.moments.values():
        one.settle()
    return found
