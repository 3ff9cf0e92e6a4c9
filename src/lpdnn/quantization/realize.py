"""From formats to numbers: the weights and biases that a configuration leaves of a network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.quantization.bias import corrected
from lpdnn.quantization.places import weighted
from lpdnn.quantization.rounding import rounded_with_feedback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, Graph
    from lpdnn.quantization.configuration import Configuration
    from lpdnn.quantization.format import Format
    from lpdnn.quantization.moments import Moments


def realized(
    weight: Array, bias: Array, one: Format, moments: Moments | None, steps: Mapping[str, bool]
) -> tuple[Array, Array]:
    """Return weights on the grid of a format, and the bias that goes with them.

    The steps `rounding` and `bias` need moments of what the layer reads; without, weights go to the nearest.
    """
    if one.method == "float":
        return weight, bias
    squares = moments.squares if moments is not None and steps.get("rounding") and one.vector == 1 else None
    kept = one.rounded(weight) if squares is None else rounded_with_feedback(weight, squares, one)
    if moments is None or not steps.get("bias"):
        return kept, bias
    return kept, corrected(bias, weight, kept, moments.mean)


def settled(graph: Graph, configuration: Configuration, moments: Mapping[str, Moments]) -> Graph:
    """Return the network with the weights and biases of a configuration; to store them changes nothing more."""
    constants = dict(graph.constants)
    nodes = {node.name: node for node in graph.nodes}
    for name, value in weighted(graph).items():
        bias = nodes[name].inputs[2]
        before = np.zeros(0, np.float32) if bias is None else constants[bias]
        steps = configuration.steps if bias is not None else {**configuration.steps, "bias": False}
        kept, shifted = realized(
            constants[value], before, configuration.weight(name), moments.get(name), steps
        )
        constants[value] = kept
        if bias is not None:
            constants[bias] = shifted
    return replace(graph, constants=constants)
