"""What of a network can be quantized: the weights of which nodes, and which values."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpdnn.ir import Graph, Node

WEIGHTED = frozenset({"conv2d", "conv3d", "deconv2d", "fc"})
"""Operators whose weights are worth it."""
FOLLOWING = frozenset(
    {
        "reshape",
        "permute",
        "slice",
        "gather",
        "gather_elements",
        "expand",
        "convert",
        "pad",
        "resize",
        "pool_max",
    }
)
"""Operators that only move numbers: what they make has the format of what they read. A maximum over a window
is one of them."""
COMPUTING = frozenset(
    {
        *WEIGHTED,
        "activation",
        "batch_norm",
        "bias",
        "binary",
        "concat",
        "eltwise",
        "lrn",
        "matmul",
        "normalize",
        "mvn",
        "pool",
        "power",
        "prelu",
        "reduce",
        "scale",
        "softmax",
        "unary",
    }
)
"""Operators that make new numbers, which are rounded to a format of their own."""


def _kind(node: Node) -> str:
    if node.op.NAME in {"pool", "pool_nd"} and getattr(node.op, "kind", "") == "max":
        return "pool_max"
    return node.op.NAME


def weighted(graph: Graph) -> dict[str, str]:
    """Return, of each node whose weights can be quantized, the value that they are, by the node's name."""
    return {
        node.name: str(node.inputs[1])
        for node in graph.nodes
        if node.op.NAME in WEIGHTED and node.inputs[1] in graph.constants
    }


def rounded(graph: Graph) -> tuple[str, ...]:
    """Return the values that have a format of their own, in order: inputs, and what computing nodes make."""
    made = [v for node in graph.nodes if _kind(node) in COMPUTING for v in node.outputs]
    return tuple(v for v in (*graph.inputs, *made) if graph.types[v].dtype == "f32")


def source(graph: Graph, value: str) -> str | None:
    """Return the value with a format of its own that a value's numbers come from; None where there is none."""
    producers, own = graph.producers(), set(rounded(graph))
    while value not in own:
        node = producers.get(value)
        if node is None or _kind(node) not in FOLLOWING or node.inputs[0] is None:
            return None
        value = node.inputs[0]
    return value


def structure(graph: Graph) -> str:
    """Return what networks have in common whose layers have the same names, operators and shapes.

    Biases do not count: one may be added to correct what rounding shifts.
    """
    digest = hashlib.sha256()
    for node in graph.nodes:
        inputs = [
            t.shape if t else None
            for i, t in enumerate(graph.input_types(node))
            if node.op.input_name(i) != "bias"
        ]
        outputs = [t.shape for t in graph.output_types(node)]
        digest.update(f"{node.name}\0{node.op.NAME}\0{inputs}\0{outputs}\n".encode())
    return digest.hexdigest()[:16]


def weights_mark(graph: Graph) -> str:
    """Return what networks have in common whose constants are equal."""
    digest = hashlib.sha256()
    for name, array in sorted(graph.constants.items()):
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()[:16]
