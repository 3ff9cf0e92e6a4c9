"""From a network and a selection to a network whose values have layouts, with conversions as nodes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from lpdnn.ir import Graph, LpdnnError, Node
from lpdnn.ops.convert import Convert
from lpdnn.selection.bands import join_bands
from lpdnn.selection.stores import melt_into_stores

if TYPE_CHECKING:
    from lpdnn.ir import Array, TensorType
    from lpdnn.ops.convert import Layout
    from lpdnn.primitives import Plugin, Primitive
    from lpdnn.selection import Implementation, Selection


@dataclass
class _Lowering:
    """The nodes so far, and which value holds each value of the network in each layout."""

    graph: Graph
    selection: Selection
    nodes: list[Node] = field(default_factory=list)
    types: dict[str, TensorType] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    choice: dict[str, tuple[Plugin, Primitive]] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._taken = {*self.graph.types, *(node.name for node in self.graph.nodes)}

    def unique(self, name: str) -> str:
        """Return a name for a value or a node that nothing has yet."""
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}.{count}"
        self._taken.add(found)
        return found

    def named(self, value: str, layout: str) -> str:
        """Return what a value is called in a layout: outputs of the network keep their names in nchw."""
        return value if layout == "nchw" and value in self.graph.outputs else self.unique(f"{value}@{layout}")

    def define(self, value: str, name: str, tensor: TensorType) -> None:
        """Note that a value is held under a name in the layout of a type."""
        self.held[value, tensor.layout] = name
        self.types[name] = tensor

    def convert(self, value: str) -> None:
        """Add the conversions of a value, right after what makes it."""
        for step in self.selection.conversions.get(value, ()):
            source = self.held.get((value, step.source))
            if source is None or (value, step.target) in self.held:
                message = f"selection: {value!r} cannot be converted by {step}: the order is wrong"
                raise LpdnnError(message)
            op = Convert(cast("Layout", step.source), cast("Layout", step.target))
            target = self.named(value, step.target)
            name = self.unique(f"{value}@{step.target}") if target == value else target
            self.nodes.append(Node(name, op, (source,), (target,)))
            self.choice[name] = step.plugin, step.primitive
            self.define(value, target, replace(self.graph.types[value], layout=step.target))

    def read(self, node: Node, value: str, layout: str) -> str:
        """Return what a node reads in place of a value; constants are laid out as each reader wants them."""
        if (value, layout) not in self.held and value in self.graph.constants:
            name = value if layout == "nchw" else self.unique(f"{value}@{layout}")
            self.constants[name] = self.graph.constants[value]
            self.define(value, name, replace(self.graph.types[value], layout=layout))
        if (value, layout) not in self.held:
            message = (
                f"selection: node {node.name!r} reads {value!r} as {layout}, and nothing converts it to that"
            )
            raise LpdnnError(message)
        return self.held[value, layout]

    def add(self, node: Node, chosen: Implementation) -> None:
        """Add a node as its primitive reads and writes it."""
        types = chosen.primitive.in_types(self.graph.input_types(node), chosen.layout)
        inputs = tuple(
            None if value is None or tensor is None else self.read(node, value, tensor.layout)
            for value, tensor in zip(node.inputs, types, strict=True)
        )
        outputs = []
        for value, tensor in zip(node.outputs, chosen.primitive.out_types(node.op, types), strict=True):
            renamed = value in self.graph.outputs and tensor.layout != "nchw"
            outputs.append(self.named(value, tensor.layout) if renamed else value)
            self.define(value, outputs[-1], tensor)
        self.nodes.append(replace(node, inputs=inputs, outputs=tuple(outputs)))
        self.choice[node.name] = chosen.plugin, chosen.primitive
        for value in node.outputs:
            self.convert(value)


def lay_out(
    graph: Graph, selection: Selection, *, melted: bool = True
) -> tuple[Graph, dict[str, tuple[Plugin, Primitive]]]:
    """Return the network with layouts and conversions as a selection says, and the primitive of every node.

    Inputs and outputs stay nchw under their names. A conversion that moves no byte is a node too; it says so
    by `piece`, so that the plan makes it a view. Where `melted`, what comes in bands of rows is computed by one
    kernel with what reads it, and kernels that can store what the next layer makes of their result do so.
    """
    lowering = _Lowering(graph, selection)
    for value in graph.inputs:
        lowering.define(value, value, graph.types[value])
        lowering.convert(value)
    for node in graph.nodes:
        if node.name not in selection.nodes:
            message = f"selection: nothing is chosen for node {node.name!r} ({node.op.NAME})"
            raise LpdnnError(message)
        lowering.add(node, selection.nodes[node.name])
    for value in graph.outputs:
        if value in graph.constants:
            lowering.define(value, value, graph.types[value])
            lowering.constants[value] = graph.constants[value]
        elif (value, "nchw") not in lowering.held:
            message = f"selection: output {value!r} is nowhere nchw, and nothing converts it to that"
            raise LpdnnError(message)
    formats = {name: graph.formats[v] for (v, _), name in lowering.held.items() if v in graph.formats}
    lowered = replace(
        graph,
        nodes=tuple(lowering.nodes),
        types=lowering.types,
        constants=lowering.constants,
        formats=formats,
    )
    if not melted:
        return lowered, lowering.choice
    return melt_into_stores(*join_bands(lowered, lowering.choice, selection.nodes))
