"""Let the node that feeds an Activation apply it before it stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lpdnn.ops.activation import IDENTITY, Activation
from lpdnn.ops.pool import Pool
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from lpdnn.ir import Graph, Node


def fuse_activation(graph: Graph) -> Graph:
    """Fuse into any operator that has an `activation` attribute.

    A ReLU or a clip of the largest values of windows is as well drawn before the windows: nothing else changes
    places. So it is fused into what maximum pooling reads.
    """
    sweep = Sweep(graph)
    for node in graph.nodes:
        feeder = sweep.feeder(node.inputs[0]) if isinstance(node.op, Activation) else None
        if feeder is not None and _open(feeder):
            sweep.melt(feeder, node, _with(feeder, node), feeder.inputs)
            continue
        earlier = sweep.feeder(feeder.inputs[0]) if feeder and _keeps_order(node, feeder) else None
        value = "" if earlier is None else f"{earlier.outputs[0]}.before"
        if feeder is not None and earlier is not None and _open(earlier) and value not in graph.types:
            before = replace(node, outputs=(value,))
            sweep.melt(earlier, before, _with(earlier, node), earlier.inputs)
            sweep.melt(feeder, replace(node, origin=""), feeder.op, (value,))
        else:
            sweep.keep(node)
    return sweep.finish()


def _open(node: Node) -> bool:
    return getattr(node.op, "activation", None) == IDENTITY


def _with(feeder: Node, node: Node) -> Any:
    op: Any = feeder.op
    assert isinstance(node.op, Activation)
    return replace(op, activation=node.op.function)


def _keeps_order(node: Node, pool: Node) -> bool:
    """Tell whether pooling takes the largest values, and the activation of the largest is the largest."""
    assert isinstance(node.op, Activation)
    function = node.op.function
    rises = function.kind == "clip" or (function.kind == "relu" and function.alpha >= 0)
    return rises and isinstance(pool.op, Pool) and pool.op.kind == "max"
