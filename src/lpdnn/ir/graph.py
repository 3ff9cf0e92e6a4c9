"""A network: nodes in an order that can be executed, between named values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lpdnn.ir.errors import LpdnnError
from lpdnn.ir.operator import Array, Node, Operator
from lpdnn.ir.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lpdnn.ir.quantization import Quantization


@dataclass(frozen=True)
class Graph:
    """Every value is a graph input, a constant or the output of exactly one node; `types` knows them all.

    `formats` tells of integer values which real numbers they stand for, as far as that is known; nothing is
    computed from it.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    types: Mapping[str, TensorType]
    constants: Mapping[str, Array]
    formats: Mapping[str, Quantization] = field(default_factory=dict)

    def producers(self) -> dict[str, Node]:
        """Return the node that makes each value."""
        return {value: node for node in self.nodes for value in node.outputs}

    def consumers(self) -> dict[str, list[Node]]:
        """Return the nodes that read each value, in order; a value nobody reads has an empty list."""
        readers: dict[str, list[Node]] = {value: [] for value in self.types}
        for node in self.nodes:
            for value in dict.fromkeys(v for v in node.inputs if v is not None):
                readers[value].append(node)
        return readers

    def input_types(self, node: Node) -> tuple[TensorType | None, ...]:
        """Return the types of a node's inputs, None for an absent one."""
        return tuple(None if value is None else self.types[value] for value in node.inputs)

    def output_types(self, node: Node) -> tuple[TensorType, ...]:
        """Return the types of a node's outputs."""
        return tuple(self.types[value] for value in node.outputs)

    def constants_of(self, node: Node) -> tuple[Array | None, ...]:
        """Return the node's inputs that are constants, None for the others."""
        return tuple(None if value is None else self.constants.get(value) for value in node.inputs)

    def rebuilt(
        self,
        nodes: Iterable[Node],
        constants: Mapping[str, Array] | None = None,
        outputs: tuple[str, ...] | None = None,
    ) -> Graph:
        """Return a graph of these nodes: dead nodes and constants dropped, types inferred anew."""
        outputs = self.outputs if outputs is None else outputs
        pool = {**self.constants, **(constants or {})}
        wanted = set(outputs)
        kept: list[Node] = []
        for node in reversed(list(nodes)):
            if wanted.isdisjoint(node.outputs):
                continue
            kept.append(node)
            wanted.update(value for value in node.inputs if value is not None)
        graph = GraphBuilder(self.name)
        for value in self.inputs:
            graph.input(value, self.types[value])
        for value, array in pool.items():
            if value in wanted:
                graph.constant(value, array)
        for node in reversed(kept):
            graph.add(node)
        graph.formats = {value: known for value, known in self.formats.items() if value in graph.types}
        return graph.finish(outputs)


@dataclass
class GraphBuilder:
    """Builds a graph node by node; every addition is checked and typed at once."""

    name: str
    inputs: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    types: dict[str, TensorType] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    formats: dict[str, Quantization] = field(default_factory=dict)

    def _define(self, value: str, tensor: TensorType) -> str:
        if value in self.types:
            message = f"value {value!r} is defined twice"
            raise LpdnnError(message)
        self.types[value] = tensor
        return value

    def input(self, value: str, tensor: TensorType) -> str:
        """Add an input of the network, which has elements."""
        self._define(value, tensor.occupied())
        self.inputs.append(value)
        return value

    def constant(self, value: str, array: Array) -> str:
        """Add a constant; its type follows from the array."""
        try:
            tensor = TensorType.of(array)
        except LpdnnError as error:
            message = f"constant {value!r}: {error}"
            raise LpdnnError(message) from error
        self._define(value, tensor)
        self.constants[value] = array
        return value

    def add(self, node: Node) -> Node:
        """Add a node whose inputs are all defined; return it with every operand, absent ones as None."""
        where = f"node {node.name!r}" + (f" ({node.origin})" if node.origin else "")
        least, most = node.op.arity()
        if len(node.inputs) < least or (most is not None and len(node.inputs) > most):
            message = (
                f"{where}: {node.op.NAME} takes {least} to {most} inputs, but there are {len(node.inputs)}"
            )
            raise LpdnnError(message)
        # Kernels find every operand at its position: one that is left out at the end is absent, not missing.
        if most is not None:
            node = replace(node, inputs=(*node.inputs, *[None] * (most - len(node.inputs))))
        for position, value in enumerate(node.inputs):
            if value is None:
                if position < len(node.op.INPUTS) and node.op.INPUTS[position].endswith("?"):
                    continue
                message = f"{where}: input {position} is absent, and {node.op.NAME} needs it"
                raise LpdnnError(message)
            if value not in self.types:
                message = f"{where} reads {value!r}, which nothing before it makes"
                raise LpdnnError(message)
        try:
            given = [None if value is None else self.types[value].occupied() for value in node.inputs]
            outputs = [tensor.occupied() for tensor in node.op.infer(*given)]
        except LpdnnError as error:
            message = f"{where}: {error}"
            raise LpdnnError(message) from error
        for value, tensor in zip(node.outputs, outputs, strict=True):
            self._define(value, tensor)
        self.nodes.append(node)
        return node

    def apply(self, op: Operator, *inputs: str | None, name: str, origin: str = "") -> str:
        """Add a node with one output that has the node's name; return that value."""
        return self.add(Node(name, op, inputs, (name,), origin)).outputs[0]

    def finish(self, outputs: Iterable[str]) -> Graph:
        """Return the graph, checked."""
        outputs = tuple(outputs)
        for value in outputs:
            if value not in self.types:
                message = f"output {value!r} is made by nothing in network {self.name!r}"
                raise LpdnnError(message)
        if not outputs:
            message = f"network {self.name!r} has no output"
            raise LpdnnError(message)
        inputs, nodes = tuple(self.inputs), tuple(self.nodes)
        return Graph(self.name, inputs, outputs, nodes, self.types, self.constants, self.formats)
