"""What is legal in a graph, as a table of rules; each stage of the pipeline is checked against it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir.errors import LpdnnError
from lpdnn.ir.types import RANGE, TensorType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir.graph import Graph

MOST_SHIFT = 64
"""Powers of two by which integers may be multiplied or divided: beyond, nothing or everything is left."""


def _defined_once(graph: Graph) -> Iterator[str]:
    defined = Counter([*graph.inputs, *graph.constants, *(v for node in graph.nodes for v in node.outputs)])
    yield from (f"value {value!r} is defined {count} times" for value, count in defined.items() if count > 1)


def _defined_before_use(graph: Graph) -> Iterator[str]:
    known = {*graph.inputs, *graph.constants}
    for node in graph.nodes:
        for value in node.inputs:
            if value is not None and value not in known:
                yield f"node {node.name!r} reads {value!r} before anything makes it"
        known.update(node.outputs)
    yield from (f"output {value!r} is made by nothing" for value in graph.outputs if value not in known)


def _names_unique(graph: Graph) -> Iterator[str]:
    counts = Counter(node.name for node in graph.nodes)
    yield from (f"{count} nodes are called {name!r}" for name, count in counts.items() if count > 1)


def _types_agree(graph: Graph) -> Iterator[str]:
    for node in graph.nodes:
        declared = graph.output_types(node)
        try:
            inferred = node.op.infer(*graph.input_types(node))
        except LpdnnError as error:
            yield f"node {node.name!r}: {error}"
            continue
        if [(t.shape, t.dtype) for t in inferred] != [(t.shape, t.dtype) for t in declared]:
            yield f"node {node.name!r} makes {inferred}, but its outputs are declared {declared}"


def _constants_agree(graph: Graph) -> Iterator[str]:
    for value, array in graph.constants.items():
        if TensorType.of(array) != replace(graph.types[value], layout="nchw"):
            yield f"constant {value!r} is {TensorType.of(array)}, declared {graph.types[value]}"


def _formats_agree(graph: Graph) -> Iterator[str]:
    for value in graph.formats:
        if value not in graph.types:
            yield f"value {value!r} has a format, and is made by nothing"
        elif graph.types[value].dtype not in RANGE:
            yield f"value {value!r} has a format, and is {graph.types[value]}"


def _factors_agree(graph: Graph) -> Iterator[str]:
    """Kernels multiply by multiplier * 2^(shift - 31) without a look at either."""
    for node in graph.nodes:
        for position, value in enumerate(node.inputs):
            name = node.op.input_name(position)
            array = graph.constants.get(value or "")
            if name not in {"multiplier", "shift"} or array is None or array.dtype != np.int32:
                continue
            limit = MOST_SHIFT if name == "shift" else 2**31 - 1
            if array.size and np.abs(array.astype(np.int64)).max() > limit:
                yield f"node {node.name!r}: a {name} in {value!r} is beyond +-{limit}"


RULES = (
    _defined_once,
    _defined_before_use,
    _names_unique,
    _types_agree,
    _constants_agree,
    _formats_agree,
    _factors_agree,
)


def verify(graph: Graph, stage: str) -> Graph:
    """Return the graph if it is legal; otherwise say which stage left which node in breach of what."""
    for rule in RULES:
        for breach in rule(graph):
            message = f"{stage} left an illegal graph ({rule.__name__.strip('_')}): {breach}"
            raise LpdnnError(message)
    return graph
