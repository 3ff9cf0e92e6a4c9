"""What there is to measure for a network: every distinct layer and conversion, and what computes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from lpdnn.ir import LAYOUTS, Node
from lpdnn.ops.convert import Convert
from lpdnn.primitives import discover
from lpdnn.selection import candidates, layer_key
from lpdnn.selection.directives import Wishes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.ir import Array, Graph, Operator, TensorType, Types
    from lpdnn.ops.convert import Layout
    from lpdnn.primitives import Plugin
    from lpdnn.selection import Directive, Implementation
    from lpdnn.targets import Target


@dataclass
class Subject:
    """A layer as cost tables know it, the constants of the first node like it, and who computes it.

    `variants` are implementations with other parameters than the usual ones.
    """

    key: str
    op: Operator
    inputs: Types
    outputs: tuple[TensorType, ...]
    constants: tuple[Array | None, ...]
    nodes: list[str]
    implementations: list[Implementation] = field(default_factory=list)
    variants: list[Implementation] = field(default_factory=list)

    @property
    def work(self) -> int:
        """Operations, and bytes moved: what is heavy is measured first."""
        cost = self.op.cost(self.inputs, self.outputs)
        moved = sum(t.bytes for t in (*self.inputs, *self.outputs) if t is not None)
        return cost.multiplications + cost.additions + cost.comparisons + moved


def _steps(one: Implementation, op: Operator, inputs: Types) -> bool:
    """Tell whether an implementation is a step of the plan: views, and what is made in place, are none."""
    reads = one.primitive.in_types(inputs, one.layout)
    writes = one.primitive.out_types(op, reads)
    return op.piece(reads, writes) is None and op.parts(reads, writes) is None


class _Gathering:
    """The subjects of a network as they come."""

    def __init__(self, graph: Graph, target: Target, wishes: Wishes, plugins: Sequence[Plugin]) -> None:
        self.graph, self.target, self.wishes, self.plugins = graph, target, wishes, plugins
        self.found: dict[tuple[str, str], Subject] = {}
        self.wished: dict[str, list[Implementation]] = {}

    def narrowed(
        self, name: str, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]
    ) -> list[Implementation]:
        """Return what can compute a node and is wished."""
        there = list(candidates(op, inputs, outputs, self.target, self.plugins))
        usable = [one for one, reason in there if not reason]
        refused = {str(one): reason for one, reason in there if reason}
        return [usable[n] for n in self.wishes.narrow(name, op.NAME, usable, refused)]

    def add(
        self, node: Node, inputs: Types, outputs: tuple[TensorType, ...], chosen: list[Implementation]
    ) -> None:
        """Add implementations of a node to what is measured."""
        constants = self.graph.constants_of(node)
        key = layer_key(node.op, inputs, outputs, constants)
        subject = self.found.setdefault(
            (node.op.NAME, key), Subject(key, node.op, inputs, outputs, constants, [])
        )
        subject.nodes.append(node.name)
        known = {str(one) for one in (*subject.implementations, *subject.variants)}
        for one in chosen:
            if str(one) not in known and _steps(one, node.op, inputs):
                (subject.variants if one.primitive.varies else subject.implementations).append(one)

    def layers(self) -> None:
        """Add the layers; what takes any order of elements, in the layouts that others have."""
        graph = self.graph
        for node in graph.nodes:
            types = graph.input_types(node), graph.output_types(node)
            self.wished[node.name] = self.narrowed(node.name, node.op, *types)
        bound = [one for some in self.wished.values() for one in some if one.bound]
        usual = {"nchw", *(one.layout for one in bound), *(one.out_layout for one in bound)}
        for node in graph.nodes:
            chosen = [one for one in self.wished[node.name] if one.layout in usual]
            self.wished[node.name] = chosen
            self.add(node, graph.input_types(node), graph.output_types(node), chosen)

    def conversions(self) -> None:
        """Add what leads between the layouts in which each image may be made and read."""
        graph = self.graph
        for value, tensor in graph.types.items():
            if tensor.rank != 4 or value in graph.constants:
                continue
            for source, target in self._pairs(value):
                op = Convert(cast("Layout", source), cast("Layout", target))
                inputs, outputs = (replace(tensor, layout=source),), (replace(tensor, layout=target),)
                name = f"{value}@{target}"
                chosen = self.narrowed(name, op, inputs, outputs)
                self.add(Node(name, op, (value,), (name,)), inputs, outputs, chosen)

    def _pairs(self, value: str) -> Iterator[tuple[str, str]]:
        graph = self.graph
        layouts = {"nchw"} if value in graph.inputs or value in graph.outputs else set()
        for node in graph.nodes:
            images = [
                v
                for i, v in enumerate(node.inputs)
                if v is not None and node.op.input_name(i) not in node.op.PARAMETERS
            ]
            if value in images:
                layouts.update(one.layout for one in self.wished[node.name])
            elif value in node.inputs:
                layouts.add("nchw")
            if value in node.outputs:
                layouts.update(one.out_layout for one in self.wished[node.name])
        ordered = [layout for layout in LAYOUTS if layout in layouts]
        yield from ((source, target) for source in ordered for target in ordered if source != target)


def subjects(
    graph: Graph,
    target: Target,
    use: Sequence[Directive] = (),
    plugins: Sequence[Plugin] | None = None,
) -> list[Subject]:
    """Return what is to be measured for a network, the heaviest first."""
    gathering = _Gathering(graph, target, Wishes(tuple(use)), discover() if plugins is None else plugins)
    gathering.layers()
    gathering.conversions()
    return sorted(
        (subject for subject in gathering.found.values() if subject.implementations),
        key=lambda subject: -subject.work,
    )
