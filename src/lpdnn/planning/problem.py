"""What planning must know of a network: sizes and alignment of values, and how they could share memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir import ELEMENT, LpdnnError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array, Graph, Node, TensorType
    from lpdnn.primitives import Plugin, Primitive


PIXELS = 1 << 16
"""Pixels up to which parts of a concatenation are placed in them: the check follows each."""


@dataclass(frozen=True)
class Edge:
    """`value` begins `offset` bytes after `base` begins; where it is of `pixels`, so does each of them."""

    value: str
    base: str
    offset: int
    pixels: int = 1


@dataclass(frozen=True)
class Link:
    """A way in which values of one node could share memory.

    - view: the output is the input; slice: it lies in the input; concat: the inputs lie in the output. The
      node then has no step.
    - take-over: the output is written over an input.
    """

    node: Node
    kind: Literal["view", "slice", "concat", "take-over"]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Problem:
    """A network, the primitive of each node, and what follows of them for memory."""

    graph: Graph
    choice: Mapping[str, tuple[Plugin, Primitive]]
    constants: Mapping[str, Array]
    """Constants of the graph, and views of constants."""
    bytes: Mapping[str, int]
    """Of each value that lives in the arena, in the order of the graph."""
    needs: Mapping[str, int]
    """Alignment that the primitives which touch a value ask of it."""
    alignment: int

    workspaces: Mapping[str, int]
    """Bytes of scratch memory, by node; nodes without a primitive are not there."""
    overwritable: Mapping[str, tuple[int, ...]]
    """Positions of the inputs over which a node's primitive may write its output, by node."""
    apart: frozenset[str]
    """Nodes whose primitives can write pixels apart."""

    def primitive(self, node: Node) -> Primitive:
        """Return the primitive chosen for a node."""
        if node.name not in self.choice:
            message = f"node {node.name!r} ({node.op.NAME}) needs a primitive, and none was chosen for it"
            raise LpdnnError(message)
        return self.choice[node.name][1]

    def aligned(self, size: int) -> int:
        """Return a size in whole multiples of the alignment."""
        return -(-size // self.alignment) * self.alignment

    def floor(self) -> int:
        """Return bytes that no plan can do without: what the hungriest step reads and writes at one time."""
        return max(map(self._least, self.graph.nodes), default=0)

    def _least(self, node: Node) -> int:
        types = self.graph.input_types(node), self.graph.output_types(node)
        ways = node.op.piece(*types), node.op.parts(*types), node.op.strips(*types)
        if any(way is not None for way in ways):
            return 0  # it may need no step
        made = sum(self.aligned(self.bytes[value]) for value in node.outputs)
        read = [self.aligned(self.bytes.get(value or "", 0)) for value in node.inputs]
        kept = [size for i, size in enumerate(read) if i not in self.overwritable.get(node.name, ())]
        return max([made + size for size in kept] + read + [made]) + self.workspaces.get(node.name, 0)


def _constants(graph: Graph) -> dict[str, Array]:
    """Return the constants, and views of constants that are not outputs."""
    found = dict(graph.constants)
    for node in graph.nodes:
        array, output = found.get(node.inputs[0] or ""), node.outputs[0]
        if array is None or output in graph.outputs or array.size != graph.types[output].count:
            continue
        if node.op.piece(graph.input_types(node), graph.output_types(node)) == 0:
            found[output] = array.reshape(graph.types[output].shape)
    return found


def _needs(
    graph: Graph, values: Sequence[str], choice: Mapping[str, tuple[Plugin, Primitive]]
) -> dict[str, int]:
    """Return the alignment of each value."""
    needs = {value: np.dtype(ELEMENT[graph.types[value].dtype]).itemsize for value in values}
    for node in graph.nodes:
        if node.name not in choice:
            continue
        primitive = choice[node.name][1]
        if primitive.alignment < 1 or primitive.alignment & (primitive.alignment - 1):
            message = (
                f"primitive {primitive.symbol} of node {node.name!r} asks for an alignment of "
                f"{primitive.alignment}; it must be a power of two"
            )
            raise LpdnnError(message)
        for value in filter(None, (*node.inputs, *node.outputs)):
            if value in needs:
                needs[value] = max(needs[value], primitive.alignment)
    return needs


def problem(graph: Graph, choice: Mapping[str, tuple[Plugin, Primitive]]) -> Problem:
    """Return the problem of a graph and a choice of primitives."""
    constants = _constants(graph)
    values = [*graph.inputs, *(value for node in graph.nodes for value in node.outputs)]
    needs = _needs(graph, values, choice)
    used = [choice[node.name][1].alignment for node in graph.nodes if node.name in choice]
    alignment = max((1, *needs.values(), *used))
    arena = {value: graph.types[value].bytes for value in values if value not in constants}
    workspaces, overwritable = {}, {}
    for node in graph.nodes:
        if node.name in choice:
            primitive = choice[node.name][1]
            size = primitive.workspace(node.op, graph.input_types(node), graph.output_types(node))
            workspaces[node.name] = -(-size // alignment) * alignment
            allowed = primitive.in_place_positions(len(node.inputs)) if len(node.outputs) == 1 else ()
            # An operand that is stretched is smaller than the result, and cannot give it its memory.
            overwritable[node.name] = tuple(
                i
                for i in allowed
                if node.inputs[i] in arena and arena[str(node.inputs[i])] == arena[node.outputs[0]]
            )
    apart = frozenset(node.name for node in graph.nodes if node.name in choice and choice[node.name][1].apart)
    return Problem(graph, choice, constants, arena, needs, alignment, workspaces, overwritable, apart)


def _offset(elements: int, tensor: TensorType) -> int:
    return elements * np.dtype(ELEMENT[tensor.dtype]).itemsize


def _piece(given: Problem, node: Node) -> Link | None:
    """Return the link of a node whose output lies in its input."""
    types = given.graph.types
    value, base = node.outputs[0], node.inputs[0] or ""
    if base not in given.bytes or value not in given.bytes or len(node.outputs) != 1:
        return None
    start = node.op.piece(given.graph.input_types(node), given.graph.output_types(node))
    if start is None or types[base].dtype != types[value].dtype:
        return None
    offset = _offset(start, types[value])
    if offset < 0 or offset + given.bytes[value] > given.bytes[base]:
        message = (
            f"node {node.name!r}: {node.op.NAME} claims that {value!r} lies in {base!r}, and it does not"
        )
        raise LpdnnError(message)
    whole = given.bytes[value] == given.bytes[base]
    return Link(node, "view" if whole else "slice", (Edge(value, base, offset),))


def _parts(given: Problem, node: Node) -> Link | None:
    """Return the link of a node whose inputs, all made by steps, lie side by side in its output, or its pixels."""
    base = node.outputs[0]
    tensor = given.graph.types[base]
    types = given.graph.input_types(node), (tensor,)
    starts, pixels = node.op.parts(*types), 1
    if starts is None:
        starts, pixels = node.op.strips(*types), tensor.pixels if tensor.rank == 4 else 1
    parts = [value for value in node.inputs if value is not None and value in given.bytes]
    if starts is None or pixels > PIXELS or len(parts) != len(node.inputs) or len(node.outputs) != 1:
        return None
    edges = tuple(
        Edge(value, base, _offset(start, tensor), pixels) for value, start in zip(parts, starts, strict=True)
    )
    end = 0
    for edge in sorted(edges, key=lambda edge: edge.offset):
        if edge.offset != end or given.graph.types[edge.value].dtype != tensor.dtype:
            return None
        end += given.bytes[edge.value] // pixels
    return Link(node, "concat", edges) if end == given.bytes[base] // pixels else None


def content_links(given: Problem) -> list[Link]:
    """Return the links by which nodes would need no step, in the order of the graph."""
    found = (_piece(given, node) or _parts(given, node) for node in given.graph.nodes)
    return [link for link in found if link is not None]


def take_overs(given: Problem) -> list[Link]:
    """Return the links by which a node's output could be written over one of its inputs.

    An input that is an output of the network, or that a node reads which follows the writing one, is left
    alone.
    """
    graph = given.graph
    number = {node.name: index for index, node in enumerate(graph.nodes)}
    producers, consumers = graph.producers(), graph.consumers()
    before: list[int] = []
    for node in graph.nodes:
        reached = 0
        for value in filter(None, node.inputs):
            if value in producers:
                index = number[producers[value].name]
                reached |= before[index] | 1 << index
        before.append(reached)

    def free(value: str, node: Node) -> bool:
        mark = 1 << number[node.name]
        followed = any(before[number[reader.name]] & mark for reader in consumers[value])
        return value not in graph.outputs and not followed

    return [
        Link(node, "take-over", (Edge(node.outputs[0], value, 0),))
        for node in graph.nodes
        for value in dict.fromkeys(str(node.inputs[i]) for i in given.overwritable.get(node.name, ()))
        if given.bytes[value] == given.bytes[node.outputs[0]] and free(value, node)
    ]
