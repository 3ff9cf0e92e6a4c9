"""Say functions of two tensors by the operators that are made for one of constants, or of equal shapes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ops.activation import IDENTITY, Activation, ActivationFunction
from lpdnn.ops.bias import Bias
from lpdnn.ops.binary import Binary
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.power import Power
from lpdnn.ops.scale import Scale
from lpdnn.ops.unary import Unary
from lpdnn.passes._sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array, Graph, Node, Operator

LARGEST = float(np.finfo(np.float32).max)


@dataclass
class _Pair:
    """A binary node, of which one operand may be constant; then `x` is the other, and `first` if that is a."""

    sweep: Sweep
    node: Node
    x: str
    constant: Array | None
    first: bool

    def with_factors(self, op: type[Bias | Scale], factors: Array) -> Node | None:
        """Return a Bias or Scale by constants that lie along neighbouring axes of x."""
        shape = self.sweep.graph.types[self.x].shape
        block = _block(factors, shape)
        if block is None or not np.all(np.abs(block[0]) < LARGEST):
            return None
        array, axis = block
        name = self.sweep.constant(f"{self.node.name}.factors", array)
        inputs = (self.x, name) if op is Bias else (self.x, name, None)
        return replace(self.node, op=op(axis=axis), inputs=inputs)

    def alone(self, op: Operator) -> Node:
        """Return a node of x alone."""
        return replace(self.node, op=op, inputs=(self.x,))

    @property
    def number(self) -> float | None:
        """Return the constant if it is one number."""
        if self.constant is None or self.constant.size != 1:
            return None
        return float(self.constant.ravel()[0])


def _block(constant: Array, shape: tuple[int, ...]) -> tuple[Array, int] | None:
    """Return a constant as factors of neighbouring axes of a shape, and the first of them, if it is that."""
    if constant.size == 1:
        return constant.reshape(()), 1
    full = constant.reshape((1,) * (len(shape) - constant.ndim) + constant.shape)
    used = [axis for axis, extent in enumerate(full.shape) if extent != 1]
    first, last = used[0], used[-1]
    if full.shape[first : last + 1] != shape[first : last + 1]:
        return None
    return full.reshape(full.shape[first : last + 1]), first


def _less(pair: _Pair) -> Node | None:
    assert pair.constant is not None
    if not pair.first:
        return pair.with_factors(Bias, -pair.constant)
    return None if pair.number is None else pair.alone(Power(1.0, -1.0, pair.number))


def _over(pair: _Pair) -> Node | None:
    assert pair.constant is not None
    if pair.first:
        return pair.alone(Power(-1.0)) if pair.number == 1 else None
    readers = pair.sweep.graph.consumers()[pair.node.outputs[0]]
    if np.any(pair.constant == 0) or any(
        isinstance(node.op, Unary) and node.op.kind in {"floor", "ceil", "trunc", "round"} for node in readers
    ):
        return None  # a whole quotient must be exactly that where its fraction is cut off
    return pair.with_factors(Scale, 1 / pair.constant)


def _clipped(pair: _Pair, kind: str) -> Node | None:
    if pair.number is None:
        return None
    limits = (pair.number, LARGEST) if kind == "max" else (-LARGEST, pair.number)
    return pair.alone(Activation(ActivationFunction("clip", *limits)))


_BY_CONSTANT: dict[str, Callable[[_Pair], Node | None]] = {
    "add": lambda pair: pair.with_factors(Bias, np.asarray(pair.constant)),
    "mul": lambda pair: pair.with_factors(Scale, np.asarray(pair.constant)),
    "sub": _less,
    "div": _over,
    "max": lambda pair: _clipped(pair, "max"),
    "min": lambda pair: _clipped(pair, "min"),
    "pow": lambda pair: None if pair.first or pair.number is None else pair.alone(Power(pair.number)),
}
"""The node that does the same with a constant, None where there is none."""
_EQUAL: dict[str, tuple[Literal["sum", "product", "max"], tuple[float, ...]]] = {
    "add": ("sum", ()),
    "sub": ("sum", (1.0, -1.0)),
    "mul": ("product", ()),
    "max": ("max", ()),
}


def specialize_binary(graph: Graph) -> Graph:
    """Make Bias, Scale, Power, a clipping or Eltwise of every Binary that is one."""
    sweep = Sweep(graph)
    for node in graph.nodes:
        if not isinstance(node.op, Binary) or node.op.activation != IDENTITY:
            sweep.keep(node)
            continue
        arrays = [sweep.value(name) for name in node.inputs]
        shapes = [graph.types[str(name)].shape for name in node.inputs]
        new = None
        if arrays[0] is None and arrays[1] is None:
            if node.op.kind in _EQUAL and shapes[0] == shapes[1]:
                new = replace(node, op=Eltwise(*_EQUAL[node.op.kind]))
        elif arrays[0] is None or arrays[1] is None:
            place = 0 if arrays[0] is not None else 1
            pair = _Pair(sweep, node, str(node.inputs[1 - place]), arrays[place], place == 0)
            if shapes[1 - place] == graph.types[node.outputs[0]].shape:
                change = _BY_CONSTANT.get(node.op.kind)
                new = None if change is None else change(pair)
        sweep.keep(node if new is None else new)
    return sweep.finish()
