"""Cross-layer equalization: channels of like ranges, by moving factors from one layer's filters to the next.

relu(s x) = s relu(x) for s > 0, so that a channel can be made smaller where it is made and larger where it is
read. See Nagel et al., "Data-free quantization through weight equalization and bias correction", arXiv
1906.04721: a filter and the weights that read its channel get the same largest magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array, Graph, Node

ROUNDS = 40
SETTLED = 1e-3
"""Relative change of all factors below which the rounds end."""
_RANGE = 1e4
"""Largest factor, and inverse of the least."""


@dataclass(frozen=True)
class Pair:
    """A convolution, and the one that alone reads what it makes; `depthwise`: the second has a filter a channel."""

    first: Node
    second: Node
    depthwise: bool


def _passes_factors(node: Node) -> bool:
    """Tell whether a convolution's activation may be drawn before a factor; clips at 0 become a ReLU for it."""
    function = _activation(node)
    return function.kind in {"identity", "relu"} or (function.kind == "clip" and function.alpha == 0)


def _reader(graph: Graph, node: Node, consumers: dict[str, list[Node]]) -> Node | None:
    """Return the only convolution that reads what a node makes, through pooling perhaps."""
    value = node.outputs[0]
    while value not in graph.outputs and len(consumers[value]) == 1:
        (after,) = consumers[value]
        if isinstance(after.op, Conv2d):
            return after if after.inputs[0] == value and after.inputs[1] in graph.constants else None
        if not isinstance(after.op, Pool):
            return None
        value = after.outputs[0]
    return None


def pairs(graph: Graph) -> tuple[Pair, ...]:
    """Return the pairs of convolutions that factors can be moved between."""
    consumers = graph.consumers()
    shared = {value for value in graph.constants if len(consumers[value]) > 1}
    found = []
    for node in graph.nodes:
        if (
            not isinstance(node.op, Conv2d)
            or node.inputs[1] not in graph.constants
            or not _passes_factors(node)
        ):
            continue
        after = _reader(graph, node, consumers)
        if after is None or shared & {*node.inputs, *after.inputs}:
            continue
        assert isinstance(after.op, Conv2d)
        channels, per_group = (
            graph.types[node.outputs[0]].shape[1],
            graph.types[str(after.inputs[1])].shape[1],
        )
        if after.op.groups == 1 or (after.op.groups == channels and per_group == 1):
            found.append(Pair(node, after, depthwise=after.op.groups > 1))
    return tuple(found)


def _read_ranges(pair: Pair, weight: Array, channels: int) -> Array:
    """Return the largest magnitude of the weights that read each channel."""
    by_channel = (
        weight.reshape(channels, -1) if pair.depthwise else weight.swapaxes(0, 1).reshape(channels, -1)
    )
    return np.asarray(np.abs(by_channel).max(axis=1))


def equalized(graph: Graph, tell: Callable[[int, int], None] = lambda _done, _total: None) -> Graph:
    """Return a network that computes the same, its channels alike in range; see Pair for what a pair is.

    Where a factor passes a clip to [0, b], the clip becomes a ReLU: values beyond b are then kept, which
    trained networks hardly have, and quantization saturates.
    """
    couples = pairs(graph)
    constants = {name: array.astype(np.float64) for name, array in graph.constants.items()}
    for round_ in range(ROUNDS):
        tell(round_, ROUNDS)
        largest = 0.0
        for pair in couples:
            first, second = str(pair.first.inputs[1]), str(pair.second.inputs[1])
            channels = constants[first].shape[0]
            made = np.abs(constants[first]).reshape(channels, -1).max(axis=1)
            read = _read_ranges(pair, constants[second], channels)
            alive = (made > 0) & (read > 0)
            factor = np.ones(channels)
            factor[alive] = np.clip(np.sqrt(made[alive] / read[alive]), 1 / _RANGE, _RANGE)
            constants[first] = constants[first] / factor.reshape(-1, 1, 1, 1)
            bias = pair.first.inputs[2]
            if bias is not None:
                constants[bias] = constants[bias] / factor
            shape = (-1, 1, 1, 1) if pair.depthwise else (1, -1, 1, 1)
            constants[second] = constants[second] * factor.reshape(shape)
            largest = max(largest, float(np.abs(np.log(factor)).max()))
        if largest < SETTLED:
            break
    clipped = {pair.first.name for pair in couples if _activation(pair.first).kind == "clip"}
    nodes = [_with_relu(node) if node.name in clipped else node for node in graph.nodes]
    changed = {name: array.astype(graph.constants[name].dtype) for name, array in constants.items()}
    return graph.rebuilt(nodes, changed)


def _activation(node: Node) -> ActivationFunction:
    assert isinstance(node.op, Conv2d)
    return node.op.activation


def _with_relu(node: Node) -> Node:
    assert isinstance(node.op, Conv2d)
    return replace(node, op=replace(node.op, activation=ActivationFunction("relu")))
