"""Equalization: channels of like ranges, by moving factors from layers that make them to layers that read them.

relu(s x) = s relu(x) for s > 0, so that a channel can be made larger where it is made and smaller where it is
read. See Nagel et al., "Data-free quantization through weight equalization and bias correction", arXiv
1906.04721, for two layers. Here all layers that make or read the same channels, through sums and pooling, share
factors; and what a channel reaches over calibration examples counts, since values have one scale for all channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array, Graph, Node

LEAST = 1e-4
"""The least factor, relative to the greatest of its family."""
SPARE = 1.25
"""How far beyond what calibration showed a channel may go before a clip meets it."""
ROUNDS = 3


@dataclass
class Family:
    """Values with the same channels, which get the same factors, and the nodes that make and read them."""

    values: list[str] = field(default_factory=list)
    makers: list[Node] = field(default_factory=list)
    readers: list[Node] = field(default_factory=list)
    bounds: set[float] = field(default_factory=set)
    """Where nodes clip them from above."""
    barred: bool = False


def _function(node: Node) -> ActivationFunction:
    if isinstance(node.op, Activation):
        return node.op.function
    return node.op.activation if isinstance(node.op, Conv2d | Eltwise) else ActivationFunction()


def _passes(node: Node) -> bool:
    """Tell whether what a node makes has the factors of what it reads."""
    return isinstance(node.op, Activation | Pool) or (
        isinstance(node.op, Eltwise) and node.op.kind != "product"
    )


def _roots(graph: Graph) -> dict[str, str]:
    """Return of each value the first of those that have its factors."""
    root = {value: value for value in graph.types if value not in graph.constants}
    for node in graph.nodes:
        if _passes(node):
            first, *others = [root.get(str(value), str(value)) for value in (*node.inputs, *node.outputs)]
            root = {value: first if one in others else one for value, one in root.items()}
    return root


def _reads_channels(graph: Graph, node: Node) -> bool:
    shape = graph.types[str(node.inputs[0])].shape
    if isinstance(node.op, FullyConnected):
        return node.op.axis == 1
    return isinstance(node.op, Conv2d) and node.op.groups in {1, shape[1]}


def families(graph: Graph) -> tuple[Family, ...]:
    """Return the families whose factors can be chosen: who makes and reads them has weights of its own."""
    root, consumers = _roots(graph), graph.consumers()
    found: dict[str, Family] = {one: Family() for one in root.values()}
    for value, one in root.items():
        found[one].values.append(value)
        found[one].barred |= value in graph.inputs or value in graph.outputs
    for node in graph.nodes:
        made = found[root[node.outputs[0]]]
        function = _function(node)
        if function.kind == "clip":
            made.bounds.add(function.beta)
        made.barred |= not (
            function.kind in {"identity", "relu"} or (function.kind == "clip" and function.alpha == 0)
        )
        if _passes(node):
            made.barred |= any(str(value) not in root for value in node.inputs)
            continue
        own = isinstance(node.op, Conv2d | FullyConnected) and all(
            value is None or (value in graph.constants and len(consumers[value]) == 1)
            for value in node.inputs[1:]
        )
        made.makers.append(node)
        made.barred |= not (own and isinstance(node.op, Conv2d))
        for read in node.inputs:
            if str(read) in root:
                found[root[str(read)]].readers.append(node)
                found[root[str(read)]].barred |= not (own and _reads_channels(graph, node))
    return tuple(
        one for one in found.values() if one.makers and one.readers and len(one.bounds) < 2 and not one.barred
    )


def _depthwise(node: Node) -> bool:
    return isinstance(node.op, Conv2d) and node.op.groups > 1


def _by_channel(node: Node, weight: Array, channels: int) -> Array:
    """Return a view of weights, the channel that is read first: [C][...]."""
    if _depthwise(node):
        return weight.reshape(channels, -1)
    return weight.reshape(len(weight), channels, -1).swapaxes(0, 1)


def _largest(weight: Array) -> Array:
    """Return the largest magnitude of each row of [C][...]."""
    return np.asarray(np.abs(weight).reshape(len(weight), -1).max(axis=1))


def _relative(parts: Sequence[Array]) -> Array:
    """Return the largest of several of each channel, each a part of its own largest."""
    return np.asarray(np.max([part / max(float(part.max()), 1e-30) for part in parts], axis=0))


def _factors(
    one: Family, constants: Mapping[str, Array], reach: Mapping[str, Array], *, per_filter: bool
) -> Array:
    """Return what makes the ranges of each channel alike: of its values, and of weights that share a scale.

    A factor is the geometric mean of what it divides, and of the inverse of what it multiplies.
    """
    known = [reach[value] for value in one.values if value in reach]
    channels = known[0].size
    divided = [_relative(known)]
    makers, readers = (
        [constants[str(node.inputs[1])] for node in some] for some in (one.makers, one.readers)
    )
    if per_filter:
        readers = [w / np.maximum(_largest(w), 1e-30).reshape(-1, *[1] * (w.ndim - 1)) for w in readers]
    else:
        divided.append(_relative([_largest(w) for w in makers]))
    multiplied = [
        _largest(_by_channel(node, w, channels))
        for node, w in zip(one.readers, readers, strict=True)
        if not (per_filter and _depthwise(node))
    ]
    inverses = [1 / np.maximum(_relative(multiplied), LEAST)] if multiplied else []
    factor = np.prod([*divided, *inverses], axis=0) ** (1 / (len(divided) + len(inverses)))
    alive = np.all([part > 0 for part in divided], axis=0)
    factor[alive] = np.maximum(factor[alive] / factor[alive].max(initial=LEAST), LEAST)
    factor[~alive] = 1.0
    return np.asarray(factor)


def equalized(graph: Graph, reach: Mapping[str, Array], *, per_filter: bool = True) -> Graph:
    """Return a network that computes the same, its channels alike in range; see Family.

    `reach` has the largest magnitude of each channel [C] of values, over calibration examples. With
    `per_filter`, weights have a scale for each filter, and their ranges do not count where a factor is of whole
    filters. Clips stay: no channel is clipped before SPARE times its reach, unless it was.
    """
    constants = {name: array.astype(np.float64) for name, array in graph.constants.items()}
    for one in families(graph):
        far = {value: reach[value].astype(np.float64) for value in one.values if value in reach}
        if not far:
            continue
        least = np.zeros(1)
        for bound in one.bounds:
            least = np.minimum(SPARE * np.max(list(far.values()), axis=0) / bound, 1.0)
        whole = np.ones(1)
        for _ in range(ROUNDS):
            step = _factors(one, constants, far, per_filter=per_filter)
            step = np.maximum(whole * step, least) / whole
            whole = whole * step
            far = {value: limit / step for value, limit in far.items()}
            for name in (str(name) for node in one.makers for name in node.inputs[1:] if name is not None):
                array = constants[name]
                constants[name] = array / step.reshape(-1, *[1] * (array.ndim - 1))
            for node in one.readers:
                name = str(node.inputs[1])
                array = _by_channel(node, constants[name], step.size)
                scaled = array * step.reshape(-1, *[1] * (array.ndim - 1))
                shape = constants[name].shape
                constants[name] = (scaled if _depthwise(node) else scaled.swapaxes(0, 1)).reshape(shape)
    changed = {name: array.astype(graph.constants[name].dtype) for name, array in constants.items()}
    return graph.rebuilt(graph.nodes, changed)
