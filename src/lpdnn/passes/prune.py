"""Set the smallest weights to zero: not among PASSES, since it changes what the network computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected

if TYPE_CHECKING:
    from lpdnn.ir import Array, Graph

Scope = Literal["layer", "global"]


def zeros(graph: Graph) -> dict[str, float]:
    """Return the share of zeros in the weights of convolutions and fully connected layers, by name."""
    return {name: float(np.mean(graph.constants[name] == 0)) for name in _weights(graph)}


def prune(graph: Graph, fraction: float, scope: Scope = "layer") -> Graph:
    """Return a graph in which this fraction of the weights is zero, the smallest in magnitude.

    Of each layer's weights, or of all layers' together. Zeros that are there count; biases stay; of equal
    weights the first go. Weights that several layers share are pruned once.
    """
    if not 0 <= fraction < 1:
        message = f"a fraction of {fraction} cannot be pruned; give one from 0 up to, but not, 1"
        raise LpdnnError(message)
    names = _weights(graph)
    if not names:
        return graph
    arrays = [graph.constants[name] for name in names]
    if scope == "layer":
        pruned = [_without_smallest(array, fraction) for array in arrays]
    else:
        flat = _without_smallest(np.concatenate([array.ravel() for array in arrays]), fraction)
        parts = np.split(flat, np.cumsum([array.size for array in arrays])[:-1])
        pruned = [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]
    return graph.rebuilt(graph.nodes, dict(zip(names, pruned, strict=True)))


def _weights(graph: Graph) -> list[str]:
    found = (node.inputs[1] for node in graph.nodes if isinstance(node.op, (Conv2d, FullyConnected)))
    return list(dict.fromkeys(name for name in found if name is not None and name in graph.constants))


def _without_smallest(array: Array, fraction: float) -> Array:
    """Return a copy in which exactly this fraction, rounded down, or more is zero."""
    flat = array.ravel().copy()
    flat[np.argsort(np.abs(flat), kind="stable")[: int(fraction * flat.size)]] = 0
    return flat.reshape(array.shape)
