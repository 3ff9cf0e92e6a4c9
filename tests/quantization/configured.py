"""Configurations for small networks, from the interpreter's values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.interpreter import interpret
from lpdnn.quantization import (
    FLOAT,
    Analysis,
    Configuration,
    Distribution,
    Format,
    analyse_activation,
    analyse_weight,
    choosing_first,
    rounded,
    structure,
    weighted,
    weights_mark,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from lpdnn.ir import Graph


def configured(
    graph: Graph, examples: Sequence[Mapping[str, np.ndarray]], asked: Analysis, **formats: Format
) -> Configuration:
    """Return the configuration that the layer analysis finds; `formats` are taken for some values instead."""
    seen = {value: Distribution() for value in rounded(graph)}
    for example in examples:
        values = interpret(graph, example)
        for value, one in seen.items():
            one.add(values[value])
    operators = {node.name: node.op.NAME for node in graph.nodes}
    weights = {
        name: choosing_first(
            analyse_weight(graph.constants[value], asked, per_filter=operators[name] != "deconv2d"),
            asked,
            asked.weight_bits,
        )
        for name, value in weighted(graph).items()
    }
    activations = {
        value: choosing_first(
            analyse_activation(one, graph.types[value].shape, asked), asked, asked.activation_bits
        )
        for value, one in seen.items()
    }
    for value, one in formats.items():
        label = "float" if one == FLOAT else one.label
        activations[value] = replace(activations[value], chosen=label, candidates={one.label: one})
    return Configuration(graph.name, structure(graph), weights_mark(graph), weights, activations)
