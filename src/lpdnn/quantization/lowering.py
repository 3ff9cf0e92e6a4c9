"""The network of integers as it is made: what holds each value, and what converts it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir import GraphBuilder, LpdnnError, Node, fixed_point
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.quantize import Quantize
from lpdnn.ops.requantize import Requantize
from lpdnn.quantization.places import rounded, source
from lpdnn.quantization.stored import Stored, fitting, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lpdnn.ir import Array, Graph, Operator
    from lpdnn.quantization.configuration import Configuration
    from lpdnn.quantization.format import Format

    Lower = Callable[["Lowering", Node, Any], None]


class StaysRealError(Exception):
    """Why a node cannot be computed with integers."""


@dataclass(frozen=True)
class Held:
    """A value of the new network, and how it is stored."""

    value: str
    stored: Stored


@dataclass
class Lowering:
    """The new network so far: which of its values hold the old ones, as integers and as real numbers."""

    graph: Graph
    configuration: Configuration
    lowered: Mapping[str, Lower]
    outside: bool
    notes: list[str] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    reals: dict[str, str] = field(default_factory=dict)
    formats: dict[str, Stored | None] = field(default_factory=dict)
    converted: dict[tuple[str, Stored], Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.builder = GraphBuilder(self.graph.name)
        self._taken = {*self.graph.types, *(node.name for node in self.graph.nodes)}
        self._settle_formats()

    def _settle_formats(self) -> None:
        for value in rounded(self.graph):
            one = self.configuration.activation(value)
            try:
                self.formats[value] = None if one.method == "float" else stored(one)
            except LpdnnError as error:
                message = f"value {value!r}: {error}"
                raise LpdnnError(message) from error
        # What is read by a concatenation alone is made in its format, and not rounded twice.
        consumers = self.graph.consumers()
        for node in self.graph.nodes:
            for value in map(str, node.inputs) if node.op.NAME == "concat" else ():
                alone = (
                    value in self.formats and consumers[value] == [node] and value not in self.graph.outputs
                )
                if alone and value not in self.graph.inputs and self.formats[node.outputs[0]]:
                    self.formats[value] = self.formats[node.outputs[0]]

    def unique(self, name: str) -> str:
        """Return a name that nothing has yet."""
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}.{count}"
        self._taken.add(found)
        return found

    def stored(self, value: str) -> Stored:
        """Return how a value shall be stored; a constant that is no weight in as many bits as the rest."""
        if value in self.graph.constants:
            return fitting(self.graph.constants[value], [one for one in self.formats.values() if one])
        own = source(self.graph, value)
        known = None if own is None else self.formats.get(own)
        if known is None:
            message = (
                f"{value!r} is kept in floating point" if own is not None else f"{value!r} has no format"
            )
            raise StaysRealError(message)
        return known

    def weight(self, node: Node) -> Format:
        """Return how the weights of a node shall be stored."""
        if node.inputs[1] not in self.graph.constants:
            message = "the network computes its weights"
            raise StaysRealError(message)
        one = self.configuration.weight(node.name)
        if one.method == "float":
            message = "its weights are in floating point"
            raise StaysRealError(message)
        return one

    def constant(self, name: str, array: Array) -> str:
        """Add a constant of integers under a name like this."""
        return self.builder.constant(self.unique(name), array)

    def factors(self, name: str, reals: Array) -> tuple[str, str]:
        """Add multipliers, negative where factors are, and shifts."""
        pairs = [fixed_point(abs(float(real))) for real in reals]
        multipliers, shifts = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
        signed = np.where(reals < 0, -multipliers, multipliers)
        return self.constant(f"{name}/multiplier", signed), self.constant(f"{name}/shift", shifts)

    def emit(
        self, node: Node, op: Operator, inputs: tuple[str | None, ...], how: Stored, *, last: bool = True
    ) -> Held:
        """Add a step of a node: the last makes its value, the others something on the way there."""
        name = node.name if last else self.unique(f"{node.name}/{op.NAME}")
        value = node.outputs[0]
        hidden = value in self.graph.outputs and self.outside
        own = value if last and not hidden else self.unique(f"{value}.q" if last else name)
        self.builder.add(Node(name, op, inputs, (own,), node.origin))
        self.builder.formats[own] = how.quantization
        made = Held(own, how)
        if last:
            self.held[value] = made
        return made

    def whole(self, value: str | None, how: Stored | None = None) -> Held:
        """Return a value as integers, as they are or stored as is said; conversions are shared."""
        value = str(value)
        if value not in self.held:
            own = self.stored(value)
            if value in self.graph.constants:
                array = (how or own).integers(self.graph.constants[value])
                return Held(self.constant(f"{value}.q", array), how or own)
            name = self.unique(f"{value}.q")
            op = Quantize(own.scale, own.zero, own.low, own.high, own.dtype)  # type: ignore[arg-type]
            self.builder.add(Node(name, op, (self.real(value),), (name,)))
            self.builder.formats[name] = own.quantization
            self.held[value] = Held(name, own)
        found = self.held[value]
        return found if how is None else self.converted_to(found, how)

    def converted_to(self, found: Held, how: Stored, node: Node | None = None) -> Held:
        """Return integers stored otherwise; for a node, as its last step."""
        if found.stored.within(how) and node is None:
            return found
        if node is None and (found.value, how) in self.converted:
            return self.converted[found.value, how]
        before = found.stored
        factor = fixed_point(before.scale / how.scale)
        op = Requantize(*factor, before.zero, how.zero, how.low, how.high, "single", how.dtype)  # type: ignore[arg-type]
        if node is not None:
            return self.emit(node, op, (found.value,), how)
        name = self.unique(f"{found.value}/requantize")
        self.builder.add(Node(name, op, (found.value,), (name,)))
        self.builder.formats[name] = how.quantization
        self.converted[found.value, how] = Held(name, how)
        return self.converted[found.value, how]

    def real(self, value: str) -> str:
        """Return a value as real numbers."""
        if value in self.reals:
            return self.reals[value]
        if value in self.graph.constants:
            self.reals[value] = self.builder.constant(value, self.graph.constants[value])
        else:
            found = self.held[value]
            own = value if value in self.graph.outputs and self.outside else self.unique(f"{value}.f")
            name = self.unique(f"{value}/dequantize")
            op = Dequantize(found.stored.scale, found.stored.zero)
            self.builder.add(Node(name, op, (found.value,), (own,)))
            self.reals[value] = own
        return self.reals[value]

    def node(self, node: Node) -> None:
        """Lower a node, or keep it in floating point and say why."""
        lower = self.lowered.get(node.op.NAME)
        kept = len(self.builder.nodes), dict(self.held)
        try:
            if lower is None:
                message = "there is no operator of integers for it"
                raise StaysRealError(message)
            lower(self, node, node.op)
        except (StaysRealError, LpdnnError) as reason:
            self._undo(*kept)
            self.notes.append(f"{node.name} ({node.op.NAME}) is computed in floating point: {reason}")
            inputs = tuple(None if v is None else self.real(v) for v in node.inputs)
            self.builder.add(replace(node, inputs=inputs))
            self.reals |= {value: value for value in node.outputs}

    def _undo(self, count: int, held: dict[str, Held]) -> None:
        for node in self.builder.nodes[count:]:
            for value in node.outputs:
                del self.builder.types[value]
                self.builder.formats.pop(value, None)
        del self.builder.nodes[count:]
        self.held = held
        self.converted = {k: v for k, v in self.converted.items() if v.value in self.builder.types}
