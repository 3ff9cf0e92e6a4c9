"""Make a Scale of every BatchNorm whose statistics are constants, for fold_scale to melt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import Node
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.scale import Scale
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from lpdnn.ir import Graph


def fold_batchnorm(graph: Graph) -> Graph:
    """Replace (x - mean) / sqrt(variance + epsilon) by x * scale + bias."""
    sweep = Sweep(graph)
    for node in graph.nodes:
        mean, variance = (sweep.value(name) for name in (*node.inputs, None, None)[1:3])
        if not isinstance(node.op, BatchNorm) or mean is None or variance is None:
            sweep.keep(node)
            continue
        scale = 1 / np.sqrt(variance + node.op.epsilon)
        inputs = (
            node.inputs[0],
            sweep.constant(f"{node.name}.scale", scale),
            sweep.constant(f"{node.name}.bias", -mean * scale),
        )
        axis = min(1, graph.types[str(node.inputs[0])].rank - 1)
        sweep.keep(Node(node.name, Scale(axis=axis), inputs, node.outputs, node.origin))
    return sweep.finish()
