"""Let the node that feeds an Activation apply it before it stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lpdnn.ops.activation import IDENTITY, Activation
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from lpdnn.ir import Graph


def fuse_activation(graph: Graph) -> Graph:
    """Fuse into any operator that has an `activation` attribute."""
    sweep = Sweep(graph)
    for node in graph.nodes:
        feeder = sweep.feeder(node.inputs[0])
        op: Any = None if feeder is None else feeder.op
        if feeder and isinstance(node.op, Activation) and getattr(op, "activation", None) == IDENTITY:
            sweep.melt(feeder, node, replace(op, activation=node.op.function), feeder.inputs)
        else:
            sweep.keep(node)
    return sweep.finish()
