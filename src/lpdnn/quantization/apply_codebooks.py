"""A network whose layers look their weights up in codebooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError, Operator
from lpdnn.ops._codebooks import pack
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.conv2d_codebook import Conv2dCodebook
from lpdnn.ops.fc_codebook import FcCodebook
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.quantization.codebook import Codebook, Scheme, codebook, least_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lpdnn.ir import Array, Graph, Node


def layers(graph: Graph) -> dict[str, Array]:
    """Return the weights of each layer that can have a codebook, by the node's name."""
    found = {}
    for node in graph.nodes:
        weight = (
            graph.constants.get(node.inputs[1] or "")
            if isinstance(node.op, Conv2d | FullyConnected)
            and node.op.EXTRA.isdisjoint(node.op.given(node.inputs))
            else None
        )
        if weight is not None:
            found[node.name] = weight
    return found


def lossless(graph: Graph) -> dict[str, Scheme]:
    """Return codebooks that lose nothing: of layers with at most 256 values, where that takes fewer bytes."""
    found = {}
    for name, weight in layers(graph).items():
        bits = least_bits(weight)
        if bits is not None and weight.size * bits / 8 + (4 << bits) < weight.nbytes:
            found[name] = Scheme(bits)
    return found


def apply_codebooks(
    graph: Graph,
    schemes: Mapping[str, Scheme | Codebook],
    tell: Callable[[int, int, str], None] = lambda _done, _total, _layer: None,
) -> Graph:
    """Return a simplified network with the weights of the named nodes in codebooks, made or as they are given.

    `tell` hears how many of how many layers are done, and which is next. A name of no layer with weights that
    are constant is refused, and so is what does not fit its weights.
    """
    weights = layers(graph)
    strange = [name for name in schemes if name not in weights]
    if strange:
        message = (
            f"network {graph.name!r} has no layer {strange[0]!r} whose weights can be a codebook; "
            f"there are {', '.join(weights) or 'none'}"
        )
        raise LpdnnError(message)
    constants: dict[str, Array] = {}
    nodes: list[Node] = []
    done = 0
    for node in graph.nodes:
        if node.name not in schemes:
            nodes.append(node)
            continue
        tell(done, len(schemes), node.name)
        found = _codebook(node.name, weights[node.name], schemes[node.name])
        parts = {
            f"{node.name}.indices": pack(found.indices, found.bits),
            f"{node.name}.codebook": found.entries,
        }
        scale = None if found.scale is None else f"{node.name}.scale"
        if scale is not None and found.scale is not None:
            parts[scale] = found.scale
        taken = [value for value in parts if value in graph.types]
        if taken:
            message = f"network {graph.name!r} has a value {taken[0]!r} already: rename it"
            raise LpdnnError(message)
        constants |= parts
        inputs = (node.inputs[0], f"{node.name}.indices", f"{node.name}.codebook", scale, *node.inputs[2:3])
        nodes.append(replace(node, op=_operator(node, weights[node.name], found.bits), inputs=inputs))
        done += 1
    return graph.rebuilt(nodes, constants)


def _codebook(name: str, weight: Array, scheme: Scheme | Codebook) -> Codebook:
    try:
        found = codebook(weight, scheme) if isinstance(scheme, Scheme) else scheme
    except LpdnnError as error:
        message = f"layer {name!r}: {error}"
        raise LpdnnError(message) from error
    if found.shape != weight.shape or not np.isfinite(found.entries).all():
        message = f"layer {name!r}: the codebook is of weights of another shape, or holds no numbers"
        raise LpdnnError(message)
    return found


def _operator(node: Node, weight: Array, bits: int) -> Operator:
    op = node.op
    if isinstance(op, Conv2d):
        filters, depth, *kernel = weight.shape
        shape = (filters, depth, kernel[0], kernel[1])
        return Conv2dCodebook(shape, bits, op.stride, op.padding, op.dilation, op.groups, op.activation)
    assert isinstance(op, FullyConnected)
    return FcCodebook((weight.shape[0], weight.shape[1]), bits, op.axis, op.activation)
