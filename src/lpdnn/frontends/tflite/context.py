"""What the conversion of one operator works with: options, operands, the graph it adds to.

A model's axes are N, H, W, C, the graph's N, C, H, W. Each value is known in one order of axes or more, so
that only those are turned that are read both ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import tflite

from lpdnn.frontends._report import NotConstantError, UnsupportedError
from lpdnn.frontends._values import Names, as_float
from lpdnn.frontends.tflite.orders import (
    Order,
    channels_first,
    identity,
    model_shape,
    with_axes,
    without_axes,
)
from lpdnn.ir import GraphBuilder, Node
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.permute import Permute
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpdnn.frontends.tflite.tensors import Affine
    from lpdnn.ir import Array, Operator

FUSED: Final = {
    1: ActivationFunction("relu"),
    2: ActivationFunction("clip", -1.0, 1.0),
    3: ActivationFunction("clip", 0.0, 6.0),
    4: ActivationFunction("tanh"),
}
"""Activations by their numbers in the schema."""
QUANTIZED: Final = {"int8": "s8", "uint8": "u8", "int16": "s16", "int32": "s32", "int4": "s8"}
"""Element types that may stand for real numbers, and ours."""


@dataclass
class Value:
    """A value of the model: known (`array`), or held at run time by values of the graph (`forms`).

    `kind` is the numpy name of its element type in the model, `shape` its shape there; axis i of a form is
    axis order[i] of the model's.
    """

    kind: str
    shape: tuple[int, ...]
    array: Array | None = None
    affine: Affine | None = None
    forms: dict[Order, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Tell whether the elements are integers or truth values."""
        return self.kind.startswith(("int", "uint", "bool"))

    @property
    def quantized(self) -> bool:
        """Tell whether the elements are integers that stand for real numbers."""
        return self.affine is not None and self.kind in QUANTIZED

    @property
    def zero(self) -> int:
        """Return the integer that stands for 0."""
        return int(self.affine.zero[0]) if self.affine is not None else 0

    @property
    def scale(self) -> np.float32:
        """Return what an integer stands for one more of."""
        assert self.affine is not None
        return np.float32(self.affine.scale[0])


@dataclass
class Context:
    """One operator in the making."""

    kind: str
    operator: Any
    label: str
    operands: tuple[Value | None, ...]
    outputs: tuple[tuple[str, str, Affine | None], ...]
    """Name, element type and scale of each result."""
    builder: GraphBuilder
    names: Names
    nodes: Names
    origin: str
    results: dict[int, Value] = field(default_factory=dict)
    hybrid: bool = False
    """Layers of the network round floats to integers: sums of floats before them are in TFLite's order."""
    integers: bool = False
    """Quantized values are computed with as they are stored, and not as the numbers that they stand for."""

    # Options and operands

    def options(self, table: type[Any]) -> Any:
        """Return the operator's options."""
        wanted = getattr(tflite.BuiltinOptions, table.__name__)
        given = self.operator.BuiltinOptions()
        if self.operator.BuiltinOptionsType() != wanted or given is None:
            self.unsupported(f"it has no {table.__name__}")
        options = table()
        options.Init(given.Bytes, given.Pos)
        return options

    def has(self, index: int) -> bool:
        """Tell whether an operand is there."""
        return index < len(self.operands) and self.operands[index] is not None

    def operand(self, index: int) -> Value:
        """Return an operand that must be there."""
        value = self.operands[index] if index < len(self.operands) else None
        if value is None:
            self.unsupported(f"operand {index} is missing")
        return value

    def shape(self, index: int = 0) -> tuple[int, ...]:
        """Return an operand's shape in the model."""
        return self.operand(index).shape

    def known(self, index: int) -> Array | None:
        """Return an operand's elements if they are known."""
        return self.operand(index).array if self.has(index) else None

    def array(self, index: int, what: str) -> Array:
        """Return the elements of an operand that must be known before the network runs."""
        array = self.operand(index).array
        if array is None:
            raise NotConstantError(next(iter(self.operand(index).forms.values()), ""), what)
        return array

    def ints(self, index: int, what: str) -> tuple[int, ...]:
        """Return whole numbers that must be known."""
        return tuple(int(v) for v in self.array(index, what).ravel())

    def axis(self, axis: int, rank: int | None = None) -> int:
        """Return an axis of the first operand counted from the front."""
        rank = len(self.shape()) if rank is None else rank
        if not -rank <= axis < rank:
            self.unsupported(f"axis {axis} is not one of {rank}")
        return axis % rank

    # Orders of axes

    def form(self, value: Value | int, order: Order) -> str:
        """Return the graph's value of an operand with its axes in an order."""
        value = self.operand(value) if isinstance(value, int) else value
        if order in value.forms:
            return value.forms[order]
        if value.array is not None:
            array = value.array
            if value.quantized and not self.integers:
                array = value.affine.real(array)  # type: ignore[union-attr]
            turned = np.ascontiguousarray(np.transpose(array, order))
            own = value.quantized and self.integers
            value.forms[order] = self.stored(turned) if own else self.constant(turned)
        else:
            held, name = next(iter(value.forms.items()))
            value.forms[order] = self.turned(name, tuple(held.index(axis) for axis in order))
        return value.forms[order]

    def plain(self, value: Value | int) -> str:
        """Return an operand with its axes as in the model."""
        value = self.operand(value) if isinstance(value, int) else value
        return self.form(value, identity(len(value.shape)))

    def first(self, value: Value | int) -> str:
        """Return an operand with its channels in the second place."""
        value = self.operand(value) if isinstance(value, int) else value
        return self.form(value, channels_first(len(value.shape)))

    def any_form(self, value: Value | int) -> tuple[str, Order]:
        """Return an operand as it is at hand, and its order."""
        value = self.operand(value) if isinstance(value, int) else value
        order = common_order([value])
        return self.form(value, order), order

    # The graph

    def constant(self, array: Array) -> str:
        """Add a constant."""
        return self.builder.constant(self.names.fresh(f"{self.label}/constant"), as_float(array))

    def stored(self, array: Array) -> str:
        """Add a constant of integers."""
        return self.builder.constant(self.names.fresh(f"{self.label}/constant"), array)

    def indices(self, array: Array) -> str:
        """Add constant indices: of integers they are integers too."""
        return self.stored(array.astype(np.int32)) if self.integers else self.constant(array)

    def extents(self, value: str) -> tuple[int, ...]:
        """Return the shape of a value of the graph."""
        return self.builder.types[value].shape

    def step(self, suffix: str, op: Operator, *inputs: str | None) -> str:
        """Add a node on the way to the result; return its value."""
        value = self.names.fresh(f"{self.label}/{suffix}")
        self.builder.add(Node(self.nodes.fresh(value), op, inputs, (value,), self.origin))
        return value

    def reshaped(self, value: str, shape: Sequence[int]) -> str:
        """Return a value of the graph in another shape."""
        if self.extents(value) == tuple(shape):
            return value
        return self.step("reshape", Reshape(tuple(int(extent) for extent in shape)), value)

    def turned(self, value: str, order: Sequence[int]) -> str:
        """Return a value of the graph with its axes in another order."""
        extents = self.extents(value)
        moved = [axis for axis in order if extents[axis] != 1]
        if moved == sorted(moved):
            return self.reshaped(value, [extents[axis] for axis in order])
        return self.step("permute", Permute(tuple(order)), value)

    def squeezed(self, value: str, order: Order, axes: Sequence[int]) -> tuple[str, Order]:
        """Return a value without some of the model's axes, all of extent 1."""
        kept = [n for n, axis in zip(self.extents(value), order, strict=True) if axis not in axes]
        return self.reshaped(value, kept), without_axes(order, axes)

    def unsqueezed(self, value: str, order: Order, axes: Sequence[int]) -> tuple[str, Order]:
        """Return a value with axes of extent 1 that will have these places in the model's order."""
        wider = with_axes(order, axes)
        extents = iter(self.extents(value))
        return self.reshaped(value, [1 if axis in axes else next(extents) for axis in wider]), wider

    def stretched(self, index: int, rank: int, order: Order) -> str:
        """Return an operand as one of more axes, those in front of extent 1, in an order."""
        value = self.operand(index)
        more = rank - len(value.shape)
        if value.array is not None:
            return self.form(
                replace(value, array=value.array.reshape((1,) * more + value.shape), forms={}), order
            )
        name, held = self.any_form(value)
        if more:
            name, held = self.unsqueezed(name, held, tuple(range(more)))
        return name if held == order else self.turned(name, tuple(held.index(axis) for axis in order))

    # Results

    def give(self, value: str, order: Order | None = None, index: int = 0) -> None:
        """Let a value of the graph be a result."""
        extents = self.extents(value)
        order = identity(len(extents)) if order is None else order
        _, kind, affine = self.outputs[index]
        self.results[index] = made = Value(kind, model_shape(extents, order), None, affine, {order: value})
        if made.quantized and self.integers:
            self.builder.formats[value] = affine.format  # type: ignore[union-attr]

    def give_known(self, array: Array, index: int = 0) -> None:
        """Let a known array be a result."""
        _, kind, affine = self.outputs[index]
        self.results[index] = Value(kind, tuple(array.shape), array.astype(kind), affine)

    def emit(self, op: Operator, *inputs: str | None, order: Order | None = None, index: int = 0) -> None:
        """Add the node that makes a result."""
        shapes = op.infer(*(None if value is None else self.builder.types[value] for value in inputs))
        order = identity(shapes[0].rank) if order is None else order
        name = self.outputs[index][0].partition(";")[0]
        value = self.names.fresh(name)
        self.builder.add(Node(self.nodes.fresh(name), op, inputs, (value,), self.origin))
        self.give(value, order, index)

    def finish(self, value: str, order: Order, fused: int) -> None:
        """Let a value be the result, after the activation that the operator has in its options."""
        if fused not in {0, *FUSED}:
            self.unsupported(f"the fused activation {fused} is not known")
        if fused:
            self.emit(Activation(FUSED[fused]), value, order=order)
        else:
            self.give(value, order)

    def unsupported(self, reason: str) -> NoReturn:
        """Raise that the operator, or this use of it, has no counterpart here."""
        raise UnsupportedError(reason)


def common_order(values: Sequence[Value | None]) -> Order:
    """Return the order of axes in which most is at hand: that of the largest run-time value of most axes."""
    rank = max((len(value.shape) for value in values if value is not None), default=0)
    best, size = identity(rank), -1
    for value in values:
        if value is None or value.array is not None or len(value.shape) != rank:
            continue
        order = channels_first(rank) if channels_first(rank) in value.forms else next(iter(value.forms))
        if math.prod(value.shape) > size:
            best, size = order, math.prod(value.shape)
    return best


CONVERTERS: Final[dict[str, Callable[[Context], None]]] = {}
"""Every TFLite operator that can be imported; the modules of `operators` fill it."""
MOVING: Final[set[str]] = set()
"""Those that only move elements, whatever these stand for."""
SCALAR: Final[set[str]] = set()
"""Those that are functions of each element of one tensor."""
WITH_INTEGERS: Final[dict[str, Callable[[Context], None]]] = {}
"""Operators on quantized values, as integer arithmetic."""


def converts(
    *kinds: str, group: set[str] | None = None
) -> Callable[[Callable[[Context], None]], Callable[[Context], None]]:
    """Declare that a function converts operators of these kinds, which may belong to a group."""

    def declare(convert: Callable[[Context], None]) -> Callable[[Context], None]:
        for kind in kinds:
            CONVERTERS[kind] = convert
        if group is not None:
            group.update(kinds)
        return convert

    return declare


def with_integers(*kinds: str) -> Callable[[Callable[[Context], None]], Callable[[Context], None]]:
    """Declare that a function converts operators of these kinds whose values are quantized."""

    def declare(convert: Callable[[Context], None]) -> Callable[[Context], None]:
        for kind in kinds:
            WITH_INTEGERS[kind] = convert
        return convert

    return declare
