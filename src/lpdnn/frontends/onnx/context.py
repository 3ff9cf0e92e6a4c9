"""What the conversion of one node works with: attributes, operands, the graph it adds to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
from onnx import NodeProto, helper

from lpdnn.frontends._report import FunctionWantedError, NotConstantError, UnsupportedError
from lpdnn.frontends._values import Names, as_float
from lpdnn.ir import GraphBuilder, Node, TensorType
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpdnn.ir import Array, Operator


@dataclass(frozen=True)
class Behind:
    """The integers that real numbers stand for: real = scale (q - zero), for all or along an axis.

    They are known (`integers`), or a value of the graph (`name`).
    """

    scale: Array
    zero: Array
    axis: int = 0
    integers: Array | None = None
    name: str = ""

    @property
    def one(self) -> bool:
        """Tell whether all elements have one scale."""
        return self.scale.size == 1

    def centered(self) -> Array:
        """Return known integers less their zero point."""
        assert self.integers is not None
        zero = self.zero.astype(np.int64)
        if zero.size > 1:
            zero = zero.reshape([-1 if i == self.axis else 1 for i in range(self.integers.ndim)])
        else:
            zero = zero.reshape(())
        return np.asarray(self.integers.astype(np.int64) - zero)


@dataclass(frozen=True)
class Made:
    """The node that a value comes from, and what it reads."""

    node: NodeProto
    opset: int
    operands: tuple[Value | None, ...]


@dataclass(frozen=True)
class Value:
    """A value of the model: known (`array`), or the value of the graph that holds it at run time.

    `kind` is the numpy name of its element type in the model; at run time all are float32 here, but for what
    quantization makes.
    """

    kind: str
    shape: tuple[int, ...]
    name: str = ""
    array: Array | None = None
    behind: Behind | None = None
    made: Made | None = field(default=None, compare=False)

    @classmethod
    def known(cls, array: Array) -> Value:
        """Return the value of an array."""
        return cls(array.dtype.name, tuple(array.shape), "", array)

    @property
    def whole(self) -> bool:
        """Tell whether the elements are integers or truth values."""
        return self.kind.startswith(("int", "uint", "bool"))


@dataclass
class Context:
    """One node in the making."""

    node: NodeProto
    opset: int
    operands: tuple[Value | None, ...]
    builder: GraphBuilder
    names: Names
    nodes: Names
    origin: str
    attributes: dict[str, Any] = field(default_factory=dict)
    results: dict[int, Value] = field(default_factory=dict)
    integers: bool = False
    """Integers are read as they are, and not as floats."""

    def __post_init__(self) -> None:
        self.attributes = {
            attribute.name: helper.get_attribute_value(attribute) for attribute in self.node.attribute
        }

    # Attributes and operands

    def attr(self, name: str, default: Any) -> Any:
        """Return an attribute, text decoded, of the default's type."""
        value = self.attributes.get(name, default)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def has(self, index: int) -> bool:
        """Tell whether an operand is there."""
        return index < len(self.operands) and self.operands[index] is not None

    def operand(self, index: int) -> Value:
        """Return an operand that must be there."""
        value = self.operands[index] if index < len(self.operands) else None
        if value is None:
            message = f"operand {index} is missing"
            raise UnsupportedError(message)
        return value

    def shape(self, index: int = 0) -> tuple[int, ...]:
        """Return an operand's shape."""
        return self.operand(index).shape

    def known(self, index: int) -> Array | None:
        """Return an operand's elements if they are known."""
        return self.operand(index).array if self.has(index) else None

    def array(self, index: int, what: str) -> Array:
        """Return the elements of an operand that must be known before the network runs."""
        array = self.operand(index).array
        if array is None:
            raise NotConstantError(self.node.input[index], what)
        return array

    def ints(self, name: str, index: int | None = None) -> tuple[int, ...] | None:
        """Return whole numbers from an attribute or, where newer opsets have them, from an operand."""
        if name in self.attributes:
            value = self.attributes[name]
            return tuple(int(v) for v in (value if not isinstance(value, int) else [value]))
        if index is None or not self.has(index):
            return None
        return tuple(int(v) for v in self.array(index, name).ravel())

    def number(self, name: str, index: int, default: float) -> float:
        """Return a number from an attribute or an operand."""
        if name in self.attributes:
            return float(self.attributes[name])
        return float(self.array(index, name).ravel()[0]) if self.has(index) else default

    def axis(self, axis: int, rank: int | None = None) -> int:
        """Return an axis of the first operand counted from the front."""
        rank = len(self.shape()) if rank is None else rank
        if not -rank <= axis < max(rank, 1):
            self.unsupported(f"axis {axis} is not one of {rank}")
        return axis + rank if axis < 0 else axis

    def axes(self, axes: Sequence[int], rank: int | None = None) -> tuple[int, ...]:
        """Return axes of the first operand counted from the front, each once, in order."""
        return tuple(sorted({self.axis(axis, rank) for axis in axes}))

    # The graph

    def value(self, operand: Value | int) -> str:
        """Return the graph's value of an operand; a known one becomes a constant."""
        given = self.operand(operand) if isinstance(operand, int) else operand
        if given.array is not None:
            return self.constant(given.array)
        if self.integers or self.type(given.name).dtype == "f32":
            return given.name
        return self.step("float", Dequantize(1.0, 0), given.name)

    def stored(self, array: Array) -> str:
        """Add a constant of integers."""
        return self.builder.constant(self.names.fresh(f"{self.label}/constant"), array)

    def constant(self, array: Array) -> str:
        """Add a constant of floats."""
        return self.builder.constant(self.names.fresh(f"{self.label}/constant"), as_float(array))

    @property
    def label(self) -> str:
        """Return what nodes and values made here are called."""
        return self.node.name or next((name for name in self.node.output if name), self.node.op_type)

    def type(self, value: str) -> TensorType:
        """Return the type of a value of the graph."""
        return self.builder.types[value]

    def step(self, suffix: str, op: Operator, *inputs: str | None) -> str:
        """Add a node on the way to the result; return its value."""
        value = self.names.fresh(f"{self.label}/{suffix}")
        self.builder.add(Node(self.nodes.fresh(value), op, inputs, (value,), self.origin))
        return value

    def reshaped(self, value: str, shape: Sequence[int]) -> str:
        """Return a value in another shape."""
        if self.type(value).shape == tuple(shape):
            return value
        return self.step("reshape", Reshape(tuple(int(extent) for extent in shape)), value)

    def give(self, value: str, index: int = 0, kind: str | None = None) -> None:
        """Let a value of the graph be a result of the node; the element type is the first operand's."""
        if kind is None:
            kind = next((v.kind for v in self.operands if v is not None), "float32")
        self.results[index] = Value(kind, self.type(value).shape, value)

    def give_known(self, array: Array, index: int = 0) -> None:
        """Let a known array be a result of the node."""
        self.results[index] = Value.known(array)

    def give_empty(self, shape: Sequence[int], index: int = 0) -> None:
        """Let a tensor without elements be a result of the node: it is known, for there is nothing in it."""
        kind = self.operand(0).kind
        dtype = np.dtype(kind) if kind != "bfloat16" else np.dtype(np.float32)
        self.give_known(np.zeros(tuple(shape), dtype), index)

    def emit(self, op: Operator, *inputs: str | None, kind: str | None = None, index: int = 0) -> None:
        """Add the node that makes a result, under the model's name for it where that is free."""
        output = self.node.output[index] if index < len(self.node.output) else ""
        value = self.names.fresh(output or f"{self.label}/{index}")
        name = self.nodes.fresh(self.node.name if self.node.name and not self.results else value)
        given = inputs or tuple(self.value(i) if self.has(i) else None for i in range(len(self.operands)))
        self.builder.add(Node(name, op, given, (value,), self.origin))
        self.give(value, index, kind)

    def wants(self, index: int) -> bool:
        """Tell whether a result is used."""
        return index < len(self.node.output) and bool(self.node.output[index])

    def unsupported(self, reason: str) -> NoReturn:
        """Raise that the node, or this use of it, has no counterpart here."""
        raise UnsupportedError(reason)

    def by_definition(self) -> NoReturn:
        """Leave the node to its definition by simpler operators."""
        raise FunctionWantedError


CONVERTERS: Final[dict[str, Callable[[Context], None]]] = {}
"""Every ONNX operator that can be imported as it is; the modules of `operators` fill it."""


def converts(*types: str) -> Callable[[Callable[[Context], None]], Callable[[Context], None]]:
    """Declare that a function converts nodes of these types."""

    def declare(convert: Callable[[Context], None]) -> Callable[[Context], None]:
        for name in types:
            CONVERTERS[name] = convert
        return convert

    return declare
