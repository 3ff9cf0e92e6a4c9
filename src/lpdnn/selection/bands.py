"""Convolutions that one kernel computes in bands of rows, so that what is between them never exists as a whole.

Where that pays is part of the choice: a value in bands is like one in a layout of its own, into and out of which
nothing converts. A pointwise convolution may write it, the depthwise one after it read it and write the next, and
the pointwise one after that read that; so what is chosen is still exactly the best. There is a layout for each
kernel of the kind (`Primitive.joins`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lpdnn.ir import Node
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.separable import Separable
from lpdnn.selection.selection import Joint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lpdnn.ir import Graph, TensorType, Types
    from lpdnn.primitives import Plugin, Primitive
    from lpdnn.selection.selection import Implementation
    from lpdnn.targets import Core


def _depthwise(graph: Graph, node: Node) -> bool:
    """Tell whether a node is a depthwise convolution with one filter for each channel."""
    types = graph.input_types(node)
    return (
        isinstance(node.op, Conv2d)
        and types[0] is not None
        and types[1] is not None
        and node.op.groups == types[0].shape[1] == types[1].shape[0]
        and types[1].shape[2:] != (1, 1)
    )


def _pointwise(graph: Graph, node: Node) -> bool:
    weight = graph.input_types(node)[1] if isinstance(node.op, Conv2d) else None
    return (
        isinstance(node.op, Conv2d)
        and weight is not None
        and weight.shape[2:] == (1, 1)
        and (node.op.groups, node.op.stride, node.op.padding) == (1, (1, 1), (0, 0, 0, 0))
    )


def bands(graph: Graph) -> frozenset[str]:
    """Return the values between convolutions that could come in bands of rows."""
    found = set()
    consumers = graph.consumers()
    for node in graph.nodes:
        value = node.outputs[0]
        readers = consumers[value]
        if len(readers) != 1 or readers[0].inputs[0] != value or value in graph.outputs:
            continue
        for one, other in ((_depthwise, _pointwise), (_pointwise, _depthwise)):
            if one(graph, node) and other(graph, readers[0]):
                found.add(value)
    # What a pointwise convolution makes goes on in bands as far as the depthwise one's own result does.
    return frozenset(
        value
        for value in found
        if _depthwise(graph, graph.producers()[value]) or consumers[value][0].outputs[0] in found
    )


def joined(one: Implementation) -> Iterator[Implementation]:
    """Yield an implementation as part of kernels that compute it with its neighbours, wherever it is used."""
    for primitive in one.plugin.primitives if one.primitive.op is Conv2d else ():
        alike = (one.layout, one.out_layout) == (primitive.layout, primitive.layout)
        if alike and one.primitive.how in (primitive.joins or ()):
            for reads, writes in ((False, True), (True, False), (True, True)):
                yield replace(one, joint=Joint(primitive, reads, writes))


def possible(graph: Graph, node: Node, values: frozenset[str], joint: Joint) -> bool:
    """Tell whether a convolution may read and write bands like that; `values` could be in them."""
    there = (node.inputs[0] in values or not joint.reads) and (node.outputs[0] in values or not joint.writes)
    # The depthwise convolution goes with what comes after it, at least; a pointwise one is first or last.
    return there and (joint.writes if _depthwise(graph, node) else joint.reads != joint.writes)


def saved(core: Core, joint: Joint, inputs: Types, outputs: tuple[TensorType, ...]) -> float:
    """Return the seconds for which a convolution alone moves what in bands stays near.

    What fits into the second level of cache is there anyway, and moves behind the arithmetic.
    """
    x, y = inputs[0], outputs[0]
    assert x is not None
    moved, held = joint.reads * x.bytes + joint.writes * y.bytes, x.bytes + y.bytes
    return core.moving(moved, held) if held > core.levels[1][0] else 0.0


def _joined(run: Sequence[Node]) -> Node:
    """Return the node that computes two or three convolutions."""
    *before, depthwise, last = run
    wide = [Conv2d.padded(node.inputs) for node in run]
    _, weight, bias, *_ = wide[-2]
    _, project, project_bias, *_ = wide[-1]
    expand, expand_bias = wide[0][1:3] if before else (None, None)
    middle, final = depthwise.op, last.op
    first = before[0].op if before else Conv2d()
    assert isinstance(middle, Conv2d)
    assert isinstance(final, Conv2d)
    assert isinstance(first, Conv2d)
    op = Separable(
        middle.stride,
        middle.padding,
        middle.dilation,
        first.activation,
        middle.activation,
        final.activation,
    )
    inputs = (run[0].inputs[0], weight, project, bias, project_bias, expand, expand_bias)
    origin = " + ".join(filter(None, (node.origin for node in run)))
    return Node(run[0].name, op, inputs, last.outputs, origin)


def join_bands(
    graph: Graph,
    choice: Mapping[str, tuple[Plugin, Primitive]],
    chosen: Mapping[str, Implementation],
) -> tuple[Graph, dict[str, tuple[Plugin, Primitive]]]:
    """Return a network with layouts, and the choice for it, with one node for convolutions in bands of rows.

    It has the name of its first node. `chosen` says which nodes read and write bands.
    """
    choice = dict(choice)
    producers = graph.producers()
    nodes: list[Node] = []
    types = dict(graph.types)
    for node in graph.nodes:
        joint = chosen[node.name].joint if node.name in chosen else None
        if joint is not None and joint.writes:
            continue
        if joint is None:
            nodes.append(node)
            continue
        run = [producers[str(node.inputs[0])], node]
        before = chosen[run[0].name].joint
        if before is not None and before.reads:
            run.insert(0, producers[str(run[0].inputs[0])])
        nodes.append(_joined(run))
        plugin, _ = choice[node.name]
        for one in run:
            del choice[one.name]
        choice[run[0].name] = plugin, joint.primitive
        for one in run[:-1]:
            del types[one.outputs[0]]
    formats = {value: known for value, known in graph.formats.items() if value in types}
    return replace(graph, nodes=tuple(nodes), types=types, formats=formats), choice
